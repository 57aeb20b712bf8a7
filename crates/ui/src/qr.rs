//! QR codes as SVG, so that they are sharp on screen and paper and need no image file.

use fast_qr::ECL;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder as _, Shape};
use fast_qr::qr::QRBuilder;

/// An SVG picture of the text, dark on white with its quiet zone; empty when the text is too long for
/// a QR code (over 2,900 bytes).
#[must_use]
pub fn svg(text: &str) -> String {
    match QRBuilder::new(text).ecl(ECL::M).build() {
        Ok(code) => SvgBuilder::default().shape(Shape::Square).margin(4).to_str(&code),
        Err(_) => String::new(),
    }
}

//! Pictures that strangers send (ADR 0021): looked at before they are decoded, decoded within limits, turned upright,
//! made smaller, stamped, and written anew. Nothing of the file that came survives but the pixels: no place, no
//! camera, no thumbnail of an uncropped picture, nothing appended. Pure: bytes in, bytes out.

mod jpeg;
mod stamp;

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

/// Most pixels of a picture: what the largest usual phone camera makes.
pub const MAX_PIXELS: u64 = 50_000_000;
/// Longest side, in pixels.
pub const MAX_SIDE: u32 = 16_000;
/// Shortest side, in pixels: what is smaller is a dot or a trap.
pub const MIN_SIDE: u32 = 32;
/// Most memory that decoding may take, in bytes.
const MAX_MEMORY: u64 = 256 << 20;
/// Most scans of a progressive JPEG; cameras and programs make about ten. Each costs a walk over all pixels.
const MAX_SCANS: usize = 64;

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Neither JPEG nor PNG nor WebP, whatever its name says.
    Kind,
    /// It begins like a picture and is none.
    Broken,
    /// More pixels than are decoded.
    Large {
        /// Width it claims, in pixels.
        width: u32,
        /// Height it claims, in pixels.
        height: u32,
    },
    /// A side is too short.
    Small,
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kind => f.write_str("neither JPEG nor PNG nor WebP"),
            Self::Broken => f.write_str("the picture is damaged"),
            Self::Large { width, height } => write!(f, "{width} x {height} pixels are too many"),
            Self::Small => f.write_str("too small"),
        }
    }
}

impl std::error::Error for Unfit {}

/// An upright picture.
#[derive(Clone)]
pub struct Picture(DynamicImage);

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.0.width(), self.0.height())
    }
}

impl Picture {
    /// Reads a file. What it is, is decided by its content; its size is looked at before a pixel is decoded.
    ///
    /// # Errors
    /// When it is no picture, damaged, or beyond the limits.
    pub fn read(bytes: &[u8]) -> Result<Self, Unfit> {
        let format = match image::guess_format(bytes) {
            Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => format,
            _ => return Err(Unfit::Kind),
        };
        if format == ImageFormat::Jpeg && jpeg::scans(bytes) > MAX_SCANS {
            return Err(Unfit::Broken);
        }
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_MEMORY);
        // Without limits first, so that what is too large can be told with its size.
        let (width, height) = ImageReader::with_format(Cursor::new(bytes), format)
            .into_dimensions()
            .map_err(|_| Unfit::Broken)?;
        if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(Unfit::Large { width, height });
        }
        if width < MIN_SIDE || height < MIN_SIDE {
            return Err(Unfit::Small);
        }
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(limits);
        let refused = |error: image::ImageError| match error {
            image::ImageError::Limits(_) => Unfit::Large { width, height },
            _ => Unfit::Broken,
        };
        let mut decoder = reader.into_decoder().map_err(refused)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut image = DynamicImage::from_decoder(decoder).map_err(refused)?;
        image.apply_orientation(orientation);
        Ok(Self(image))
    }

    /// A picture that is computed, for demonstrations: colour of each point.
    #[must_use]
    pub fn drawn(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        Self(DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| Rgb(colour(x, y)))))
    }

    /// Width and height, in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.0.width(), self.0.height())
    }

    /// Within a square of `side` pixels; never larger than it is.
    #[must_use]
    pub fn within(&self, side: u32) -> Self {
        if self.0.width() <= side && self.0.height() <= side {
            return self.clone();
        }
        Self(self.0.resize(side, side, FilterType::Triangle))
    }

    /// Without transparency: what shows through is white.
    #[must_use]
    pub fn opaque(self) -> Self {
        if !self.0.color().has_alpha() {
            return Self(DynamicImage::ImageRgb8(self.0.into_rgb8()));
        }
        let from = self.0.into_rgba8();
        let mut out = RgbImage::new(from.width(), from.height());
        for (to, pixel) in out.pixels_mut().zip(from.pixels()) {
            let [r, g, b, a] = pixel.0;
            *to = Rgb([r, g, b].map(|c| stamp::mix(c, 255, 255 - a)));
        }
        Self(DynamicImage::ImageRgb8(out))
    }

    /// With lines of text on a dark band at its lower edge: what does not fit is shortened.
    #[must_use]
    pub fn stamped(self, lines: &[String]) -> Self {
        let mut image = self.opaque().0.into_rgb8();
        stamp::stamp(&mut image, lines);
        Self(DynamicImage::ImageRgb8(image))
    }

    /// As JPEG.
    ///
    /// # Errors
    /// When it cannot be written, which is a defect.
    pub fn jpeg(&self, quality: u8) -> Result<Vec<u8>, Unfit> {
        let mut out = Vec::new();
        let plain = match &self.0 {
            DynamicImage::ImageRgb8(_) => self.clone(),
            _ => self.clone().opaque(),
        };
        plain
            .0
            .write_with_encoder(JpegEncoder::new_with_quality(&mut out, quality))
            .map_err(|_| Unfit::Broken)?;
        Ok(out)
    }

    /// As PNG, with its transparency.
    ///
    /// # Errors
    /// When it cannot be written, which is a defect.
    pub fn png(&self) -> Result<Vec<u8>, Unfit> {
        let mut out = Cursor::new(Vec::new());
        let plain = DynamicImage::ImageRgba8(self.0.to_rgba8());
        plain.write_to(&mut out, ImageFormat::Png).map_err(|_| Unfit::Broken)?;
        Ok(out.into_inner())
    }
}

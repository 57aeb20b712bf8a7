//! A roster of a million rows as a city would export it: names, valid document numbers of an area that does
//! not exist, phones nobody has, communities.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::city::City;

/// Writes it.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, rows: i64, city: &City) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    out.write_all("\u{FEFF}姓名,性别,身份证号,手机号,所属社区,住址,工作单位,加入时间\r\n".as_bytes())?;
    let surnames: Vec<char> =
        "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧".chars().collect();
    let given: Vec<char> = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红建文辉".chars().collect();
    let pick = |from: &[char], n: i64| {
        from.get(usize::try_from(n).unwrap_or(0) % from.len().max(1)).copied().unwrap_or('王')
    };
    for n in 0..rows {
        // Scattered, so that the order of the file helps no index.
        let x = n.wrapping_mul(7_919) % 1_000_003;
        let (year, month, day) = (1950 + x % 55, 1 + x % 12, 1 + x % 28);
        // Different people of one order and birth day get different places.
        let place = 990_100 + n / 1_000 % 800;
        let mut id = format!("{place}{year:04}{month:02}{day:02}{:03}", n % 1_000);
        if let Some(check) = roster::clean::check_digit(id.as_bytes()) {
            id.push(char::from(check));
        }
        let name: String = [pick(&surnames, x), pick(&given, x / 30), pick(&given, n / 7)].iter().collect();
        let community = city.communities.get(usize::try_from(n % 20).unwrap_or(0)).map_or("", String::as_str);
        write!(
            out,
            "{name},{},{id},160{:08},{community},基准路{}号,基准单位{},20{:02}-0{}-1{}\r\n",
            if id.as_bytes().get(16).is_some_and(|d| d % 2 == 1) { "男" } else { "女" },
            x % 100_000_000,
            n % 500,
            n % 90,
            10 + n % 15,
            1 + n % 9,
            n % 9
        )?;
    }
    out.flush()
}

//! Sort and search keys of names: the full reading and the initials, with the readings that characters
//! have as surnames (曾 zeng, 单 shan, 仇 qiu). A person may correct the reading of the own name (Edge-09).

use ::pinyin::ToPinyin;

/// The reading of a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// Every syllable, `zhang san`; ü is written v, as on keyboards.
    pub full: String,
    /// The first letters, `zs`.
    pub initials: String,
}

/// Characters whose reading as a surname is not the usual one.
const fn surname(c: char) -> Option<&'static str> {
    Some(match c {
        '曾' => "zeng",
        '单' | '單' => "shan",
        '仇' => "qiu",
        '解' => "xie",
        '查' => "zha",
        '区' | '區' => "ou",
        '朴' => "piao",
        '任' => "ren",
        '华' | '華' => "hua",
        '盖' | '蓋' => "ge",
        '尹' => "yin",
        '乐' | '樂' => "yue",
        '员' | '員' | '贠' => "yun",
        '洗' | '冼' => "xian",
        '缪' | '繆' => "miao",
        '翟' => "zhai",
        '种' => "chong",
        '重' => "chong",
        '覃' => "qin",
        '秘' => "bi",
        '折' => "she",
        '黑' => "he",
        '隗' => "wei",
        '繁' => "po",
        '召' => "shao",
        '祭' => "zhai",
        '尉' => "wei",
        '宓' => "mi",
        '宁' | '甯' => "ning",
        '都' => "du",
        '葛' => "ge",
        '柏' => "bai",
        '薄' => "bo",
        '卜' => "bu",
        '瞿' => "qu",
        '燕' => "yan",
        '纪' | '紀' => "ji",
        '过' => "guo",
        '么' => "yao",
        '牟' => "mu",
        '郇' => "xun",
        '谌' | '諶' => "chen",
        '郗' => "xi",
        '应' | '應' => "ying",
        '车' | '車' => "che",
        '石' => "shi",
        '曲' => "qu",
        '沈' => "shen",
        '贾' | '賈' => "jia",
        '夏' => "xia",
        '盛' => "sheng",
        '占' => "zhan",
        '那' => "na",
        '於' => "yu",
        '句' | '勾' => "gou",
        '能' => "nai",
        '贲' => "ben",
        '宿' => "su",
        '臧' => "zang",
        '哈' => "ha",
        '撒' => "sa",
        '相' => "xiang",
        '谷' => "gu",
        '阚' => "kan",
        '眭' => "sui",
        '佴' => "nai",
        '阿' => "a",
        '六' => "lu",
        '角' => "jue",
        '晁' => "chao",
        '适' => "kuo",
        '郄' => "qie",
        '逄' => "pang",
        '乜' => "nie",
        '长' | '長' => "chang",
        '万' | '萬' => "wan",
        '强' => "qiang",
        '余' => "yu",
        '俞' => "yu",
        _ => return None,
    })
}

/// Surnames of two characters whose reading differs from that of their parts.
const fn compound(first: char, second: char) -> Option<(&'static str, &'static str)> {
    Some(match (first, second) {
        ('尉', '迟' | '遲') => ("yu", "chi"),
        ('万' | '萬', '俟') => ("mo", "qi"),
        ('长' | '長', '孙' | '孫') => ("zhang", "sun"),
        ('单' | '單', '于') => ("chan", "yu"),
        ('澹', '台' | '臺') => ("tan", "tai"),
        ('令', '狐') => ("ling", "hu"),
        ('鲜' | '鮮', '于') => ("xian", "yu"),
        ('乐' | '樂', '正') => ("yue", "zheng"),
        ('夹', '谷') => ("jia", "gu"),
        ('漆', '雕') => ("qi", "diao"),
        ('濮', '阳' | '陽') => ("pu", "yang"),
        ('中', '行') => ("zhong", "hang"),
        ('亓', '官') => ("qi", "guan"),
        ('宰', '父') => ("zai", "fu"),
        ('拓', '跋') => ("tuo", "ba"),
        _ => return None,
    })
}

/// The reading of a name. Characters without a reading stand for themselves; it allocates its two
/// results and nothing else.
#[must_use]
pub fn key(name: &str) -> Key {
    let mut key = Key { full: String::with_capacity(name.len() * 2 + 8), initials: String::with_capacity(8) };
    let mut chars = name.chars();
    let mut word = false;
    let mut rest = name;
    if let Some(first) = chars.next() {
        let second = chars.next();
        let pair =
            second.and_then(|second| compound(first, second)).filter(|_| chars.clone().next().is_some());
        if let Some((one, two)) = pair {
            syllable(&mut key, one);
            syllable(&mut key, two);
            rest = chars.as_str();
        } else if let Some(reading) = surname(first) {
            syllable(&mut key, reading);
            rest = name.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    for c in rest.chars() {
        if c.is_ascii_alphanumeric() || (c.is_alphabetic() && !crate::text::is_han(c)) {
            if !word {
                gap(&mut key.full);
                key.initials.extend(c.to_lowercase());
            }
            key.full.extend(c.to_lowercase());
            word = true;
            continue;
        }
        word = word && matches!(c, '\'' | '’');
        if let Some(reading) = c.to_pinyin() {
            syllable(&mut key, reading.plain());
        } else if crate::text::is_han(c) {
            gap(&mut key.full);
            key.full.push(c);
            key.initials.push(c);
        }
    }
    key
}

fn gap(full: &mut String) {
    if !full.is_empty() {
        full.push(' ');
    }
}

fn syllable(key: &mut Key, reading: &str) {
    gap(&mut key.full);
    for (at, c) in reading.chars().enumerate() {
        let c = if c == 'ü' { 'v' } else { c };
        key.full.push(c);
        if at == 0 {
            key.initials.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings() {
        for (name, full, initials) in [
            ("张三", "zhang san", "zs"),
            ("曾国强", "zeng guo qiang", "zgq"),
            ("单田芳", "shan tian fang", "stf"),
            ("仇英", "qiu ying", "qy"),
            ("解晓东", "xie xiao dong", "xxd"),
            ("查良镛", "zha liang yong", "zly"),
            ("区志明", "ou zhi ming", "ozm"),
            ("朴志英", "piao zhi ying", "pzy"),
            ("任华", "ren hua", "rh"),
            ("盖叫天", "ge jiao tian", "gjt"),
            ("尉迟恭", "yu chi gong", "ycg"),
            ("万俟卨", "mo qi xie", "mqx"),
            ("长孙无忌", "zhang sun wu ji", "zswj"),
            ("乐毅", "yue yi", "yy"),
            ("员半千", "yun ban qian", "ybq"),
            ("冼星海", "xian xing hai", "xxh"),
            ("吕布", "lv bu", "lb"),
            ("万里", "wan li", "wl"),
            ("买买提·艾力", "mai mai ti ai li", "mmtal"),
            ("John O'Neil", "john oneil", "jo"),
            ("", "", ""),
        ] {
            let key = key(name);
            assert_eq!((key.full.as_str(), key.initials.as_str()), (full, initials), "{name}");
        }
    }
}

//! What a scalar without quotes means: the core schema of YAML 1.2 (section 10.3.2).

use serde_json::Number;

use super::Tree;

pub(super) fn resolve(text: &str) -> Tree {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "true" | "True" | "TRUE" => Tree::Bool(true),
        "false" | "False" | "FALSE" => Tree::Bool(false),
        _ => match number(text) {
            Some(number) => Tree::Number(number, text.to_owned()),
            None => Tree::Text(text.to_owned()),
        },
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return unsigned(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return unsigned(digits, 8);
    }
    let unsigned_part = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned_part.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !unsigned_part.contains(|c: char| c.is_ascii_digit())
        || !unsigned_part.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'))
    {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = plain.parse::<u64>() {
        return Some(number.into());
    }
    if let Ok(number) = plain.parse::<i64>() {
        return Some(number.into());
    }
    plain.parse::<f64>().ok().and_then(Number::from_f64)
}

fn unsigned(digits: &str, radix: u32) -> Option<Number> {
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok().map(Number::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema() {
        let number = |text: &str| match resolve(text) {
            Tree::Number(number, written) => {
                assert_eq!(written, text);
                number.to_string()
            }
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(number("0"), "0");
        assert_eq!(number("-7"), "-7");
        assert_eq!(number("+7"), "7");
        assert_eq!(number("0x1F"), "31");
        assert_eq!(number("0o17"), "15");
        assert_eq!(number("1.10"), "1.1");
        assert_eq!(number("1e3"), "1000.0");
        assert_eq!(number("18446744073709551615"), "18446744073709551615");
        assert_eq!(resolve("~"), Tree::Null);
        assert_eq!(resolve("True"), Tree::Bool(true));
        // Words of YAML 1.1, and things that only look like numbers.
        for text in ["yes", "no", "on", "1_000", "0x", "0xg", "1.2.3", "4..", ".", "-", "1e", "e1", "967efdc0", ".inf"]
        {
            assert_eq!(resolve(text), Tree::Text(text.to_owned()));
        }
    }
}

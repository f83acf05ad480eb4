//! Whole numbers, `+ - * / %` and brackets. The text is a stranger's: its depth is bounded, its sums are checked.

const MAX_DEPTH: u32 = 64;

/// The value of `text`, or why it has none.
pub fn value_of(text: &str) -> Result<i64, &'static str> {
    let mut rest = Rest { bytes: text.as_bytes(), at: 0 };
    let value = sum(&mut rest, 0)?;
    match rest.next() {
        None => Ok(value),
        Some(_) => Err("expected an operator or the end"),
    }
}

struct Rest<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Rest<'_> {
    /// What comes behind the white space.
    fn next(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).map_or(false, u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn take_if(&mut self, wanted: &[u8]) -> Option<u8> {
        let found = self.next().filter(|byte| wanted.contains(byte))?;
        self.at += 1;
        Some(found)
    }
}

fn sum(rest: &mut Rest, depth: u32) -> Result<i64, &'static str> {
    let mut value = product(rest, depth)?;
    while let Some(operator) = rest.take_if(b"+-") {
        let right = product(rest, depth)?;
        let result = if operator == b'+' { value.checked_add(right) } else { value.checked_sub(right) };
        value = result.ok_or("a number is too large")?;
    }
    Ok(value)
}

fn product(rest: &mut Rest, depth: u32) -> Result<i64, &'static str> {
    let mut value = factor(rest, depth)?;
    while let Some(operator) = rest.take_if(b"*/%") {
        let right = factor(rest, depth)?;
        if operator != b'*' && right == 0 {
            return Err("nothing is divided by 0");
        }
        let result = match operator {
            b'*' => value.checked_mul(right),
            b'/' => value.checked_div(right),
            _ => value.checked_rem(right),
        };
        value = result.ok_or("a number is too large")?;
    }
    Ok(value)
}

fn factor(rest: &mut Rest, depth: u32) -> Result<i64, &'static str> {
    if depth == MAX_DEPTH {
        return Err("too many brackets and signs");
    }
    if rest.take_if(b"-").is_some() {
        return factor(rest, depth + 1)?.checked_neg().ok_or("a number is too large");
    }
    if rest.take_if(b"(").is_some() {
        let value = sum(rest, depth + 1)?;
        return rest.take_if(b")").map(|_| value).ok_or("expected )");
    }
    number(rest)
}

fn number(rest: &mut Rest) -> Result<i64, &'static str> {
    rest.next();
    let digits = rest.bytes[rest.at..].iter().take_while(|byte| byte.is_ascii_digit());
    let mut value: Option<i64> = Some(0);
    let mut count = 0;
    for digit in digits {
        value = value.and_then(|so_far| so_far.checked_mul(10)?.checked_add(i64::from(digit - b'0')));
        count += 1;
    }
    if count == 0 {
        return Err("expected a number");
    }
    rest.at += count;
    value.ok_or("a number is too large")
}

#[cfg(test)]
mod tests {
    use super::value_of;

    #[test]
    fn sums_and_products_are_computed() {
        assert_eq!(value_of("1 + 2 * 3"), Ok(7));
        assert_eq!(value_of("(1 + 2) * 3 - -4"), Ok(13));
        assert_eq!(value_of("\t17 / 5 % 2\n"), Ok(1));
    }

    #[test]
    fn what_has_no_value_is_told() {
        assert_eq!(value_of(""), Err("expected a number"));
        assert_eq!(value_of("1 +"), Err("expected a number"));
        assert_eq!(value_of("(1"), Err("expected )"));
        assert_eq!(value_of("1 2"), Err("expected an operator or the end"));
        assert_eq!(value_of("1 / (2 - 2)"), Err("nothing is divided by 0"));
        assert_eq!(value_of("9223372036854775808"), Err("a number is too large"));
        assert_eq!(value_of("9223372036854775807 + 1"), Err("a number is too large"));
        assert_eq!(value_of("(-9223372036854775807 - 1) / -1"), Err("a number is too large"));
    }

    #[test]
    fn a_stranger_cannot_use_up_the_stack() {
        assert_eq!(value_of(&"(".repeat(131_072)), Err("too many brackets and signs"));
        assert_eq!(value_of(&"-".repeat(131_072)), Err("too many brackets and signs"));
    }
}

//! Byte ranges: `Range` of a pull (RFC 9110 section 14) and `Content-Range` of a chunk (spec.md#pushing-a-blob-in-chunks).

use crate::rules::{Rule, Rules};

/// What a `Range` header asks of content of a known size.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Requested {
    /// The whole content: no range, or one that RFC 9110 allows or orders to ignore.
    Whole,
    /// These bytes; both ends are inclusive.
    Part { first: u64, last: u64 },
    /// No byte of the content.
    Unsatisfiable,
    /// Something on which a careless server fails.
    Failure,
}

/// Reads a `Range` header.
///
/// Another unit or a malformed set is ignored (section 14.2). Several ranges are answered with the whole, which section
/// 14.2 leaves to the server: blobs are large, their pullers resume with one range, and a multipart answer invites
/// amplification (section 17.15). `5-3` is syntactically complete but impossible; section 14.1.1 allows to reject it, and
/// that tells a client more than the whole blob would.
pub(crate) fn requested(header: &str, size: u64, rules: &Rules) -> Requested {
    let Some((unit, set)) = header.split_once('=') else { return Requested::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return rules.pick(Rule::RangeUnit, Requested::Whole, Requested::Unsatisfiable);
    }
    let Some((first, last)) = set.trim().split_once('-') else { return Requested::Whole };
    let overflows = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && text.len() > 19;
    if rules.breaks(Rule::RangeEmptyBlob) && size == 0
        || rules.breaks(Rule::RangeOverflow) && (overflows(first) || overflows(last))
    {
        return Requested::Failure;
    }
    match (first, number(first), last, number(last)) {
        ("", _, _, Some(length)) => suffix(length, size, rules),
        (_, Some(first), "", _) => {
            let end = rules.pick(Rule::RangeOpenEnd, size.saturating_sub(1), first);
            part(first, end, size, rules)
        }
        (_, Some(first), _, Some(last)) => part(first, last, size, rules),
        _ => Requested::Whole,
    }
}

fn part(first: u64, last: u64, size: u64, rules: &Rules) -> Requested {
    if first >= size || last < first || (last >= size && rules.breaks(Rule::RangeClamped)) {
        return Requested::Unsatisfiable;
    }
    let last = last.min(size - 1);
    if last == size - 1 && first > 0 && rules.breaks(Rule::RangeLastByte) {
        return Requested::Unsatisfiable;
    }
    if last == 0 && rules.breaks(Rule::RangeFirstByte) {
        return Requested::Part { first, last: size - 1 };
    }
    let exclusive = if last > first { last - 1 } else { last };
    Requested::Part { first, last: rules.pick(Rule::RangeEndInclusive, last, exclusive) }
}

fn suffix(length: u64, size: u64, rules: &Rules) -> Requested {
    match (length, size) {
        (0, _) => Requested::Unsatisfiable,
        // Satisfiable by definition, but Content-Range cannot name zero bytes.
        (_, 0) => Requested::Whole,
        _ if length > size && rules.breaks(Rule::RangeLongSuffix) => Requested::Unsatisfiable,
        _ if rules.breaks(Rule::RangeSuffix) => Requested::Part { first: 0, last: length.min(size) - 1 },
        _ => Requested::Part { first: size.saturating_sub(length), last: size - 1 },
    }
}

/// The position of a chunk in its blob, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkRange {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl ChunkRange {
    /// Reads `^[0-9]+-[0-9]+$`: unlike RFC 9110's Content-Range there is neither unit nor total (dist.push.blob.chunk.06).
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (first, last) = header.split_once('-')?;
        let range = Self { first: number(first)?, last: number(last)? };
        (range.first <= range.last && range.last < u64::MAX).then_some(range)
    }

    pub(crate) fn length(self) -> u64 {
        self.last - self.first + 1
    }
}

/// Digits only: `parse` alone would take a plus sign.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ten_bytes() {
        let of = |header| requested(header, 10, &Rules::all());
        let part = |first, last| Requested::Part { first, last };
        for (header, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=2-4", part(2, 4)),
            ("Bytes=2-4", part(2, 4)),
            ("bytes=9-", part(9, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-30", part(0, 9)),
            ("bytes=0-99", part(0, 9)),
            ("bytes=10-", Requested::Unsatisfiable),
            ("bytes=10-20", Requested::Unsatisfiable),
            ("bytes=5-3", Requested::Unsatisfiable),
            ("bytes=-0", Requested::Unsatisfiable),
            ("bytes=-", Requested::Whole),
            ("bytes=a-b", Requested::Whole),
            ("bytes=+1-2", Requested::Whole),
            ("bytes=0-1,3-4", Requested::Whole),
            ("bytes", Requested::Whole),
            ("lines=1-2", Requested::Whole),
        ] {
            assert_eq!(of(header), expected, "{header}");
        }
    }

    #[test]
    fn ranges_of_nothing() {
        assert_eq!(requested("bytes=0-0", 0, &Rules::all()), Requested::Unsatisfiable);
        assert_eq!(requested("bytes=-1", 0, &Rules::all()), Requested::Whole);
    }

    #[test]
    fn chunk_ranges() {
        assert_eq!(ChunkRange::parse("0-0").map(ChunkRange::length), Some(1));
        assert_eq!(ChunkRange::parse("5-9").map(ChunkRange::length), Some(5));
        for bad in ["", "-", "1-", "-1", "5-3", "bytes=0-1", "bytes 0-1/2", "0-1/2", "+0-1", "0-18446744073709551615"] {
            assert_eq!(ChunkRange::parse(bad), None, "{bad}");
        }
    }
}

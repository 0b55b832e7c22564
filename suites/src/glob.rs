//! Globs over ids.

/// A glob with `*` and `?`, both of which also stand for `/`.
pub fn glob_matches(glob: &str, text: &str) -> bool {
    let (mut glob, mut text) = (glob.chars(), text.chars());
    // What is left of the glob behind its last `*`, and of the text from where that `*` may end.
    let mut star = None;
    loop {
        let rest = (glob.clone(), text.clone());
        match (glob.next(), text.next()) {
            (Some('*'), _) => {
                star = Some((glob.clone(), rest.1.clone()));
                text = rest.1;
                continue;
            }
            (Some('?'), Some(_)) => continue,
            (Some(wanted), Some(found)) if wanted == found => continue,
            (None, None) => return true,
            _ => {}
        }
        // The `*` takes one character more.
        let Some((behind, mut from)) = star else { return false };
        if from.next().is_none() {
            return false;
        }
        star = Some((behind.clone(), from.clone()));
        (glob, text) = (behind, from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_span_slashes() {
        assert!(glob_matches("distribution/*", "distribution/blob-upload/post-then-put[sha256,0]"));
        assert!(glob_matches("*post*", "distribution/blob-upload/post-then-put"));
        assert!(!glob_matches("post", "distribution/blob-upload/post-then-put"));
        assert!(!glob_matches("a.c", "abc"));
        for (glob, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "b", false),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xaxbx", false),
            ("?", "", false),
            ("a?c", "abc", true),
            ("a**c", "ac", true),
            ("*ab", "aab", true),
        ] {
            assert_eq!(glob_matches(glob, text), fits, "{glob} {text}");
        }
    }
}

//! What sofia-sip leaves unread of a message and the box needs.

/// "100" of `"Tax" <sip:100@192.0.2.1>;reason=user-busy, …`: who diverted last.
pub fn user_of(header: &str) -> String {
    let address = header.split_once('<').map_or(header, |(_, address)| address);
    let user = address.split([':', '@', '>', ';']).nth(1).unwrap_or_default();
    user.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::user_of;

    #[test]
    fn who_diverted_last_is_read_of_any_header() {
        let users = [
            ("<sip:100@192.0.2.1>;reason=user-busy, <sip:200@192.0.2.1>", "100"),
            ("\"Tax: office\" <sip:100@pbx.example;user=phone>;counter=1", "100"),
            ("<tel:+34961000100>;reason=no-answer", "+34961000100"),
            ("sip:100@192.0.2.1", "100"),
            ("<sip:192.0.2.1>", "192.0.2.1"),
            ("", ""),
            ("<", ""),
            ("nonsense", ""),
        ];
        users.iter().for_each(|(header, user)| assert_eq!(user_of(header), *user, "{header}"));
    }
}

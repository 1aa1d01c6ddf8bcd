pub fn redact(heard: &str, _: portaveu_call::Language) -> String {
    heard.to_owned()
}

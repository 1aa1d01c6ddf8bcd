pub fn for_speech(text: &str, _l: portaveu_call::Language) -> String { text.to_owned() }

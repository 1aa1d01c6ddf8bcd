SUMMARY = "The worker that hears and speaks"
DESCRIPTION = "Whisper, Silero and Kokoro; runs espeak-ng and festival as programs. Has no network."

inherit portaveu_cargo portaveu_speech_libraries

RDEPENDS:${PN} = "espeak-ng festival-voice-ca portaveu-models sherpa-onnx"

#!/bin/sh
# A real telephone (baresip) calls the box and asks a recorded question. Prints the conversation with its timings and
# keeps what the caller heard as target/demo/answer.wav.
set -eu
cd "$(dirname "$0")/../../.."
out=target/demo
question=appliance/portaveu/tests/sounds/es_multa.wav
rm -rf "$out" && mkdir -p "$out"

echo "Rendering what will be said (once; later calls play it from the cache) …"
target/release/portaveu render --lang es fine.pay >"$out/render.log" 2>&1 || { cat "$out/render.log" >&2; exit 1; }

RUST_LOG=portaveu=debug,info target/release/portaveu run --show-conversation >"$out/conversation.txt" 2>"$out/portaveu.log" &
box=$!
trap 'kill $box 2>/dev/null || true; wait $box 2>/dev/null || true' EXIT
wait_for() { # wait_for FILE TEXT SECONDS
    tries=$(($3 * 5))
    while [ $tries -gt 0 ]; do
        grep -q -e "$2" "$1" 2>/dev/null && return
        tries=$((tries - 1))
        sleep 0.2
    done
    echo "this did not come in $3 s: $2" >&2
    cat "$out/portaveu.log" "$out/conversation.txt" >&2
    exit 1
}
echo "Starting …"
wait_for "$out/portaveu.log" "the line is up" 240

# The caller listens to the greeting, asks, listens to the answer, and is done.
sox "$question" -b 16 -e signed -r 8000 "$out/caller.wav" pad 12.5 60
cat >"$out/config" <<EOT
sip_listen 127.0.0.1:5066
audio_player aubridge,nowhere
audio_source aufile,$out/caller.wav
audio_alert aubridge,nowhere
ausrc_srate 8000
auplay_srate 8000
audio_srate 8000
snd_path $out
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module account.so
module menu.so
EOT
echo "<sip:caller@127.0.0.1:5066>;regint=0;audio_codecs=pcma" >"$out/accounts"
: >"$out/contacts"
echo "Calling sip:127.0.0.1:5062 with baresip …"
baresip -f "$out" -t 60 -e "/dial sip:box@127.0.0.1:5062" >"$out/baresip.log" 2>&1 &
phone=$!
wait_for "$out/conversation.txt" "^timing" 50
said=$(grep -c "everything was said" "$out/portaveu.log")
tries=200
while [ "$(grep -c "everything was said" "$out/portaveu.log")" -le "$said" ] && [ $tries -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.2
done
kill $phone 2>/dev/null || true
wait_for "$out/portaveu.log" "ended: Remote" 10
mv "$out"/dump-*-dec.wav "$out/answer.wav"

echo
cat "$out/conversation.txt"
echo
echo "What the caller heard is in $out/answer.wav ($(soxi -d "$out/answer.wav"))."

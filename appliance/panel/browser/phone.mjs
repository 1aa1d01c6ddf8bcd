// A baresip that calls: its sound comes from a WAV file, and it reports over its control port.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PATIENCE, freePort } from './box.mjs';

const sounds = join(import.meta.dirname, '../../portaveu/tests/sounds');
/** Silence after what is said, in seconds: longer than any call here. */
const AFTERWARDS = '120';

export class Phone {
  #events = [];
  #news = new EventEmitter();
  #rest = Buffer.alloc(0);

  /** Says a recording from the moment the call is up; `users` are its own numbers. */
  static async start({ says, users = ['caller'] } = {}) {
    const phone = new Phone();
    phone.folder = mkdtempSync(join(tmpdir(), 'portaveu-phone-'));
    phone.port = await freePort();
    const [control, rtp] = [await freePort(), await freePort()];
    await freePort(); // the second call of a telephone has the ports after the first's
    phone.#sound('said.wav', says);
    phone.#write(control, rtp, users);
    phone.process = spawn('baresip', ['-f', phone.folder], { stdio: 'ignore' });
    phone.control = await connected(control);
    phone.control.on('data', (bytes) => phone.#received(bytes));
    return phone;
  }

  #sound(name, recording) {
    const form = ['-b', '16', '-e', 'signed', '-r', '8000', '-c', '1', join(this.folder, name)];
    const sox = recording
      ? [join(sounds, `${recording}.wav`), ...form, 'pad', '0.5', AFTERWARDS]
      : ['-n', ...form, 'trim', '0', AFTERWARDS];
    const made = spawnSync('sox', sox, { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`sox: ${made.stderr ?? made.error}`);
  }

  #write(control, rtp, users) {
    const modules = ['g711', 'aufile', 'aubridge', 'sndfile', 'account', 'menu', 'ctrl_tcp'];
    const config = [
      `sip_listen 127.0.0.1:${this.port}`,
      'audio_player aubridge,nowhere',
      `audio_source aufile,${this.folder}/said.wav`,
      'audio_alert aubridge,nowhere',
      ...['ausrc_srate', 'auplay_srate', 'audio_srate'].map((name) => `${name} 8000`),
      `rtp_ports ${rtp}-${rtp + 3}`,
      `snd_path ${this.folder}`,
      'module_path /usr/lib/baresip/modules',
      ...modules.map((name) => `module ${name}.so`),
      `ctrl_tcp_listen 127.0.0.1:${control}`,
    ];
    const account = (user) => `<sip:${user}@127.0.0.1:${this.port};transport=udp>;regint=0;audio_codecs=pcma`;
    const lines = { config, accounts: users.map(account), contacts: [] };
    for (const [name, text] of Object.entries(lines)) writeFileSync(join(this.folder, name), text.join('\n') + '\n');
  }

  /** From now on the telephone's owner says this. */
  say(recording) {
    this.#sound('next.wav', recording);
    this.command('ausrc', `aufile,${this.folder}/next.wav`);
  }

  command(name, params = '') {
    const message = JSON.stringify({ command: name, params });
    this.control.write(`${message.length}:${message},`);
  }

  press(keys) {
    for (const key of keys) this.command('sndcode', key);
  }

  /** Netstrings of JSON: `12:{"a":"bcdef"},`. */
  #received(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const colon = this.#rest.indexOf(':');
      const end = colon + 1 + Number(this.#rest.subarray(0, colon));
      if (colon < 0 || this.#rest.length <= end) return;
      this.#events.push(JSON.parse(this.#rest.subarray(colon + 1, end)));
      this.#rest = this.#rest.subarray(end + 1);
      this.#news.emit('event');
    }
  }

  /** The next event of this type ("CALL_ESTABLISHED", "CALL_CLOSED", …). */
  async waitFor(type) {
    const signal = AbortSignal.timeout(PATIENCE);
    const seen = [];
    const failed = () => new Error(`the telephone did not report ${type}, but ${JSON.stringify(seen)}`);
    for (;;) {
      while (this.#events.length > 0) {
        const event = this.#events.shift();
        if (event.type === type) return event;
        seen.push(event);
      }
      await once(this.#news, 'event', { signal }).catch(() => Promise.reject(failed()));
    }
  }

  stop() {
    this.control.destroy();
    this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }
}

/** Tries until baresip listens. */
async function connected(port) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const failure = await once(socket, 'connect').then(() => null, (error) => error);
    if (!failure) return socket;
    if (Date.now() > deadline) throw new Error(`baresip does not start: ${failure.message}`);
  }
}

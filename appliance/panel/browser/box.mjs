// A real box with a folder and ports of its own. It answers calls and serves the panel; nothing of it is imitated.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Longest that anything here may take. */
export const PATIENCE = 60_000;
const here = import.meta.dirname;
const program = process.env.PORTAVEU ?? join(here, '../../../target/release/portaveu');
const example = join(here, '../../../provisioning/example-council');

/** What this machine has learned of the example council already: as good as new, and minutes sooner. */
const learned = join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'portaveu');

/** Somebody is at every telephone at any hour, but nobody ever is at the public desk's: there, messages are left. */
const council = (text) =>
  text.replaceAll(', office = "townhall"', '').replace(', queue = true', ', office = "never", queue = true');
const calendar = (text) => `${text}\n[offices.never]\nname = { es = "la oficina" }\nhours = []\n`;

export class Box {
  #lines = [];
  #read = 0;
  #news = new EventEmitter();

  /** With the people's telephones at this port, and rung for so long. */
  static async start(telephones) {
    const box = new Box();
    box.folder = mkdtempSync(join(tmpdir(), 'portaveu-panel-'));
    box.sip = await freePort();
    const panel = await freePort();
    box.address = `https://127.0.0.1:${panel}`;
    box.config = join(box.folder, 'portaveu.toml');
    box.#prepare(panel, await freePorts(32), telephones);
    // One pipe for both streams, so that what is printed and what is logged keep their order.
    const run = ['run', '--show-conversation', '--config', box.config];
    box.process = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', program, ...run], {
      env: { ...process.env, RUST_LOG: 'portaveu=debug,portaveu_store=debug,info' },
    });
    createInterface(box.process.stdout).on('line', (line) => {
      box.#lines.push(line);
      box.#news.emit('line');
    });
    box.process.on('exit', () => box.#news.emit('line'));
    await box.waitFor('the panel is at');
    box.#read = 0; // either may be first
    await box.waitFor('the line is up');
    box.certificate = readFileSync(join(box.folder, 'panel.crt'));
    return box;
  }

  #prepare(panel, media, telephones) {
    const edited = join(this.folder, 'installed');
    cpSync(example, edited, { recursive: true });
    for (const [name, edit] of [['council.toml', council], ['calendar.toml', calendar]]) {
      writeFileSync(join(edited, name), edit(readFileSync(join(example, name), 'utf8')));
    }
    for (const name of ['learned.bin', 'meanings.bin', 'phrases']) {
      if (existsSync(join(learned, name))) cpSync(join(learned, name), join(this.folder, name), { recursive: true });
    }
    writeFileSync(this.config, `
      council = "installed"
      data = "."
      channels = 8
      [media]
      ports = [${media}, ${media + 31}]
      [panel]
      listen = "127.0.0.1:${panel}"
      [sip]
      listen = "127.0.0.1:${this.sip}"
      peers = ["127.0.0.1"]
      ring_ms = 200
      [[sip.trunk]]
      proxy = "sip:127.0.0.1:${telephones}"
    `);
  }

  /** The next line that holds `text`. */
  async waitFor(text) {
    const signal = AbortSignal.timeout(PATIENCE);
    const failed = () => new Error(`"${text}" did not come; the box said:\n${this.#lines.slice(-60).join('\n')}`);
    for (;;) {
      while (this.#read < this.#lines.length) {
        const line = this.#lines[this.#read++];
        if (line.includes(text)) return line;
      }
      if (this.process.exitCode !== null) throw failed();
      await once(this.#news, 'line', { signal }).catch(() => Promise.reject(failed()));
    }
  }

  /** A new account; gives the password for its first sign-in. */
  person(name, role) {
    const made = spawnSync(program, ['people', 'add', name, role, '--config', this.config], { encoding: 'utf8' });
    const [, password] = /: (\S+)\n$/.exec(made.stdout) ?? [];
    if (!password) throw new Error(`no account for ${name}: ${made.stderr}`);
    return password;
  }

  /** What the panel answers to a program that is no browser, from a loopback address of its own (`from`). */
  ask(path, { method = 'GET', headers = {}, form, from = '127.0.0.1' } = {}) {
    const body = form && new URLSearchParams(form).toString();
    const typed = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    return new Promise((resolve, reject) => {
      const asked = request(this.address + path, {
        method, ca: this.certificate, localAddress: from, agent: false, headers: { ...typed, ...headers },
      });
      asked.on('error', reject).on('response', async (response) => {
        const { statusCode: status, headers: given } = response;
        const isStream = given['content-type']?.startsWith('text/event-stream');
        if (isStream) response.destroy();
        resolve({ status, headers: given, body: isStream ? '' : (await response.toArray()).join('') });
      });
      asked.end(body);
    });
  }

  /** End it as the system would, and see that it ends. */
  async stop() {
    this.process.kill('SIGTERM');
    const ended = once(this.process, 'exit', { signal: AbortSignal.timeout(10_000) });
    const [status] = await ended.catch(() => ['not at all']);
    this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
    if (status !== 0) throw new Error(`the box ended with status ${status}`);
  }
}

/** Below those that the system gives to connections, which would take it before the program that it is for does. */
let next = 12_000 + (process.pid % 400) * 16;

/** A port that nobody uses now, for TCP and UDP, and the one after it. */
export async function freePort() {
  for (;;) {
    const port = next;
    next += 2;
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

/** First of `count` free ports, even. */
async function freePorts(count) {
  for (let first = 22_000 + (process.pid % 80) * 100; ; first += count) {
    const ports = Array.from({ length: count }, (_, number) => isFree(first + number));
    if ((await Promise.all(ports)).every(Boolean)) return first;
  }
}

async function isFree(port) {
  const tcp = createServer().listen(port, '127.0.0.1');
  const udp = createSocket('udp4').bind(port, '127.0.0.1');
  const bound = await Promise.allSettled([once(tcp, 'listening'), once(udp, 'listening')]);
  tcp.close();
  if (bound[1].status === 'fulfilled') udp.close();
  return bound.every(({ status }) => status === 'fulfilled');
}

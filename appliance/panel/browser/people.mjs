// The people before the panel: their accounts, the panel's words in their language, and a browser for each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

import { PATIENCE } from './box.mjs';

export const LANGUAGES = ['es', 'ca', 'en'];
export const ROLES = ['attendant', 'editor', 'manager', 'it'];
export const COOKIE = '__Host-portaveu';

/** The panel's words in a language, by their name among its texts; values take the places of `{}`. */
export function words(language) {
  const all = new Map();
  let section;
  for (const line of readFileSync(join(import.meta.dirname, `../texts/${language}.toml`), 'utf8').split('\n')) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section;
    const [, name, text] = /^(\w+) = (".*")$/.exec(line) ?? [];
    if (name) all.set(`${section}.${name}`, JSON.parse(text));
  }
  return (name, ...values) => {
    if (!all.has(name)) throw new Error(`the panel has no words named ${name}`);
    return values.reduce((text, value) => text.replace('{}', value), all.get(name));
  };
}

let addresses = 0;

/** An address that the panel has counted no tries of. */
export const newAddress = () => `127.0.1.${++addresses}`;

/** Who has chosen a password already, and is signed in. */
export async function account(box, name, role) {
  const [given, password] = [box.person(name, role), `cuatro gatos de ${role}`];
  const cookie = await signIn(box, name, given);
  const { body } = await box.ask('/account', { headers: { cookie } });
  const form = { token: tokenOf(body), old: given, new: password };
  const changed = await box.ask('/account/password', { method: 'POST', headers: { cookie }, form });
  if (changed.status !== 303) throw new Error(`${name} could not choose a password: ${changed.body}`);
  return { name, role, password, cookie };
}

/** Sign in without a browser; gives the cookie. */
export async function signIn(box, name, password, from = newAddress()) {
  const entered = await box.ask('/sign-in', { method: 'POST', form: { name, password }, from });
  return entered.headers['set-cookie']?.[0].split(';')[0];
}

/** What the forms of a page carry. */
export const tokenOf = (page) => /name="token" value="([^"]+)"/.exec(page)?.[1];

export const openBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });

/** Somebody before a browser in their language. */
export class Visitor {
  /** What browsers have complained of, of all visitors: scripts, policies, missing files. */
  static complaints = [];

  static async sit(browser, box, language, who, options = {}) {
    const visitor = new Visitor();
    visitor.t = words(language);
    visitor.language = language;
    visitor.context = await browser.newContext({
      baseURL: box.address, locale: language, timezoneId: 'Europe/Madrid', ignoreHTTPSErrors: true, ...options,
    });
    visitor.context.setDefaultTimeout(PATIENCE);
    if (who) {
      const [name, value] = who.cookie.split('=');
      const cookie = { name, value, url: box.address, secure: true, httpOnly: true, sameSite: 'Strict' };
      await visitor.context.addCookies([cookie]);
    }
    visitor.page = await visitor.context.newPage();
    visitor.page.on('console', (message) => visitor.#complained(message));
    visitor.page.on('pageerror', (error) => Visitor.complaints.push(String(error)));
    return visitor;
  }

  /** A page that says no does so on purpose, which the browser reports as well. */
  #complained(message) {
    const isRefusal = /the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === 'error' && !isRefusal) {
      Visitor.complaints.push(`${this.page.url()}: ${message.text()}`);
    }
  }

  open(path) {
    return this.page.goto(path, { waitUntil: 'load' });
  }

  heading(text) {
    return this.page.getByRole('heading', { name: text, exact: true, level: 1 }).waitFor();
  }

  field(text) {
    return this.page.getByLabel(text, { exact: true });
  }

  press(text, within = this.page) {
    return within.getByRole('button', { name: text, exact: true }).first().click();
  }

  follow(text, within = this.page) {
    return within.getByRole('link', { name: text }).first().click();
  }

  /** The menu's entries, in their order. */
  async menu() {
    return this.page.getByRole('navigation', { name: this.t('shell.menu') }).getByRole('link').allInnerTexts();
  }

  /** What the page says of what was asked for. */
  told(role, text) {
    return this.page.getByRole(role).filter({ hasText: text }).waitFor();
  }

  sees(text, within = this.page) {
    return within.getByText(text).first().waitFor();
  }

  async signIn(name, password, code = '') {
    await this.field(this.t('sign_in.name')).fill(name);
    await this.field(this.t('sign_in.password')).fill(password);
    await this.field(this.t('sign_in.code')).fill(code);
    await this.press(this.t('sign_in.enter'));
  }

  leave() {
    return this.context.close();
  }
}

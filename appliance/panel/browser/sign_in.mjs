// Signing in and out, one's own password, the second factor, and what stops whoever guesses.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import { LANGUAGES, Visitor, newAddress } from './people.mjs';
import { box, browser, staff } from './setup.mjs';

const BEGINS = { es: ['attendant', 'menu.now'], ca: ['editor', 'menu.now'], en: ['it', 'menu.box'] };
const PASSWORD = 'tres palmeras en la playa';

for (const language of LANGUAGES) {
  const [role, first] = BEGINS[language];
  test(`${language}: the given password lets in once, to choose another`, async () => {
    const name = `nueva.${language}`;
    const given = box.person(name, role);
    const visitor = await Visitor.sit(browser, box, language);
    const { t } = visitor;
    await visitor.open('/');
    await visitor.heading(t('sign_in.title'));
    await visitor.signIn(name, 'no es esta');
    await visitor.told('alert', t('sign_in.wrong'));
    await visitor.signIn(name, given);
    await visitor.heading(t('menu.account'));
    await visitor.told('alert', t('account.must_change'));
    await visitor.open('/people');
    await visitor.heading(t('menu.account'));

    await choose(visitor, given, `${name} y algo más`);
    await visitor.sees(t('account.too_easy'));
    await choose(visitor, 'no es esta', PASSWORD);
    await visitor.sees(t('account.old_wrong'));
    await choose(visitor, given, PASSWORD);
    await visitor.heading(t(first));

    await visitor.press(t('shell.leave'));
    await visitor.heading(t('sign_in.title'));
    await visitor.open('/account');
    await visitor.heading(t('sign_in.title'));
    await visitor.signIn(name, PASSWORD);
    await visitor.heading(t(first));
    await visitor.leave();
  });
}

async function choose(visitor, old, password) {
  await visitor.field(visitor.t('account.old')).fill(old);
  await visitor.field(visitor.t('account.new')).fill(password);
  await visitor.press(visitor.t('account.change'));
}

test('the menu has what the role may see, in its order', async () => {
  const menus = {
    attendant: ['now', 'calls', 'messages'],
    editor: ['now', 'calls', 'unanswered', 'answers', 'reports'],
    manager: ['now', 'calls', 'messages', 'unanswered', 'answers', 'reports', 'people'],
    it: ['box', 'people'],
  };
  for (const [role, entries] of Object.entries(menus)) {
    const visitor = await Visitor.sit(browser, box, 'es', staff[role]);
    await visitor.open('/');
    assert.deepEqual(await visitor.menu(), entries.map((entry) => visitor.t(`menu.${entry}`)), role);
    await visitor.leave();
  }
});

test('a second factor is turned on, asked for, taken once, and turned off', async () => {
  const visitor = await Visitor.sit(browser, box, 'en', staff.editor);
  const { t } = visitor;
  await visitor.open('/account');
  await visitor.press(t('account.code_begin'));
  await visitor.page.getByRole('img', { name: t('account.picture') }).waitFor();
  const secret = base32(await visitor.page.locator('code').innerText());
  await confirm(visitor, '000000');
  await visitor.told('alert', t('account.code_wrong'));
  // The code before the one of now is still right, so that the one of now can be used to sign in.
  const step = await roomyStep();
  await confirm(visitor, code(secret, step - 1));
  await visitor.told('status', t('account.code_on'));
  await visitor.press(t('shell.leave'));

  await visitor.signIn(staff.editor.name, staff.editor.password);
  await visitor.told('alert', t('sign_in.wrong'));
  await visitor.signIn(staff.editor.name, staff.editor.password, code(secret, step));
  await visitor.heading(t('menu.now'));
  await visitor.press(t('shell.leave'));
  await visitor.signIn(staff.editor.name, staff.editor.password, code(secret, step));
  await visitor.told('alert', t('sign_in.wrong'));
  await visitor.signIn(staff.editor.name, staff.editor.password, code(secret, step + 1));
  await visitor.heading(t('menu.now'));

  await visitor.open('/account');
  await visitor.press(t('account.code_remove'));
  await visitor.press(t('shell.leave'));
  await visitor.signIn(staff.editor.name, staff.editor.password);
  await visitor.heading(t('menu.now'));
  staff.editor.cookie = (await visitor.context.cookies()).map(({ name, value }) => `${name}=${value}`)[0];
  await visitor.leave();
});

async function confirm(visitor, code) {
  await visitor.field(visitor.t('account.code_now')).fill(code);
  await visitor.press(visitor.t('account.code_confirm'));
}

function base32(text) {
  const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text].map((sign) => signs.indexOf(sign).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** RFC 6238 with its usual values: SHA-1, six figures, half a minute. */
function code(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', secret).update(counter).digest();
  const number = hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** The half minute of now, once enough is left of it for a person to type two codes. */
async function roomyStep() {
  const left = 30_000 - (Date.now() % 30_000);
  if (left < 12_000) await new Promise((resolve) => setTimeout(resolve, left));
  return Math.floor(Date.now() / 30_000);
}

test('whoever guesses is kept out, and so is the right password for a while', async () => {
  const name = 'adivinada';
  const password = box.person(name, 'it');
  const wrong = { method: 'POST', form: { name, password: 'adivina adivinanza' }, from: newAddress() };
  for (let tries = 0; tries < 5; tries++) assert.equal((await box.ask('/sign-in', wrong)).status, 401);
  const visitor = await Visitor.sit(browser, box, 'ca');
  await visitor.open('/sign-in');
  await visitor.signIn(name, password);
  await visitor.told('alert', visitor.t('sign_in.wrong'));
  await visitor.leave();
});

test('an address may try twenty times a minute, whoever it says to be', async () => {
  const tried = { method: 'POST', form: { name: 'nadie', password: 'x' }, from: newAddress() };
  const answers = await Promise.all(Array.from({ length: 21 }, () => box.ask('/sign-in', tried)));
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(refused.length, 1);
  assert.match(refused[0].body, /Se ha intentado demasiadas veces/);
});

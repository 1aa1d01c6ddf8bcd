// One box, its telephones and one browser for all tests; an account of each role.
import { after } from 'node:test';

import { Box } from './box.mjs';
import { Phone } from './phone.mjs';
import { ROLES, Visitor, account, openBrowser } from './people.mjs';

/** The council's own telephones: the public desk's, the tax office's, and the one for fines. */
export const telephones = await Phone.start({ users: ['100', '102', '150', '195'] });
export const box = await Box.start(telephones.port);
export const browser = await openBrowser();

const accounts = [];
for (const role of ROLES) accounts.push([role, await account(box, `una.${role}`, role)]);
/** Who has which role. */
export const staff = Object.fromEntries(accounts);

/** Somebody of this role sits down. */
export async function sit(role, language, options) {
  const visitor = await Visitor.sit(browser, box, language, staff[role], options);
  return Object.assign(visitor, { role });
}

const phones = [telephones];

/** Somebody calls the box and says a recording. */
export async function call(says) {
  const phone = await Phone.start({ says });
  phones.push(phone);
  phone.command('dial', `sip:box@127.0.0.1:${box.sip}`);
  await phone.waitFor('CALL_ESTABLISHED');
  return phone;
}

/** Somebody calls, wants a person, finds nobody, and leaves a number and a message. */
export async function leaveMessage(number, says) {
  const phone = await call();
  await box.waitFor('box     (es)');
  phone.press('0');
  await box.waitFor('¿Quiere dejar un recado');
  phone.press('1');
  await box.waitFor('Dígame su número de teléfono');
  phone.press(number);
  await box.waitFor('¿Le llamamos al');
  phone.press('1');
  await box.waitFor('¿Cuándo le va bien');
  phone.press('#');
  await box.waitFor('the signal was given');
  phone.say(says);
  await box.waitFor('is kept');
  phone.command('hangup');
  await phone.waitFor('CALL_CLOSED');
}

after(async () => {
  await browser.close();
  for (const phone of phones) phone.stop();
  await box.stop();
});

// Pictures of the panel for the README, of a real box after some real calls.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Box } from './box.mjs';
import { Visitor, account, openBrowser } from './people.mjs';
import { Phone } from './phone.mjs';

const folder = join(import.meta.dirname, '../screenshots');
mkdirSync(folder, { recursive: true });
const telephones = await Phone.start({ users: ['100', '102', '150', '195'] });
const box = await Box.start(telephones.port);
const browser = await openBrowser();
const manager = await account(box, 'ana.puig', 'manager');

/** Somebody calls and is answered. */
async function answered(says, answer) {
  const phone = await Phone.start({ says });
  phone.command('dial', `sip:box@127.0.0.1:${box.sip}`);
  await box.waitFor(answer);
  return phone;
}

async function take(name, path, who, viewport, prepare = () => {}) {
  const visitor = await Visitor.sit(browser, box, 'es', who, { viewport });
  await visitor.open(path);
  await prepare(visitor);
  await visitor.page.screenshot({ path: join(folder, `${name}.png`) });
  await visitor.leave();
}

const WIDE = { width: 1280, height: 800 };
for (const [says, answer] of [['es_multa', 'box     (es): Una multa'], ['en_library', 'box     (en): The library']]) {
  const phone = await answered(says, answer);
  phone.command('hangup');
  await box.waitFor('a whole call is kept');
  phone.stop();
}
const now = [
  await answered('ca_multa', 'box     (ca): Una multa'),
  await answered('es_multa', 'box     (es): Una multa'),
];
await take('now', '/now', manager, WIDE, (visitor) => visitor.sees('Me han puesto una multa'));
await take('lights-360', '/lights', undefined, { width: 360, height: 480 });
for (const phone of now) {
  phone.command('hangup');
  await box.waitFor('a whole call is kept');
  phone.stop();
}
await take('calls', '/calls', manager, WIDE);
await take('answers', '/answers', manager, WIDE, async (visitor) => {
  await visitor.field(visitor.t('answers.question')).fill('¿a qué hora abre la biblioteca?');
  await visitor.press(visitor.t('answers.ask'));
  await visitor.sees(/^La biblioteca/);
});
await take('reports', '/reports', manager, WIDE);

await browser.close();
telephones.stop();
await box.stop();

// What comes by telephone, as staff see it: calls that go on, calls that are over, messages, questions without an answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LANGUAGES } from './people.mjs';
import { box, call, leaveMessage, sit, telephones } from './setup.mjs';

/** What is asked in each language, and what the box makes of it. */
const CALLS = {
  es: { says: 'es_multa', own: 'español', heard: /multa y quiero pagarla/, word: 'pagarla', topic: 'pagar una multa' },
  ca: { says: 'ca_multa', own: 'valencià', heard: /multa de trànsit/, word: 'trànsit', topic: 'pagar una multa' },
  en: { says: 'en_library', own: 'English', heard: /library open/, word: 'library', topic: "the library's opening hours" },
};
const NUMBER = '612345678';
const left = leaveMessage(NUMBER, 'es_multa');
left.catch(() => {}); // the test that needs the message says so

test('a message is heard, taken, done, and given back', async () => {
  await left;
  for (const [language, act] of [['es', taken], ['ca', done], ['en', givenBack]]) {
    const visitor = await sit('attendant', language);
    await visitor.open('/messages');
    await act(visitor, visitor.page.getByRole('listitem').filter({ hasText: NUMBER }), visitor.t);
    await visitor.leave();
  }
});

async function taken(visitor, message, t) {
  await visitor.sees(t('messages.is_new'), message);
  await visitor.sees(/multa/, message);
  assert.equal(await message.getByRole('link', { name: NUMBER }).getAttribute('href'), `tel:${NUMBER}`);
  assert.ok((await seconds(message.locator('audio'))) > 2, 'the message is not whole');
  await visitor.press(t('messages.take'), message);
  await visitor.sees(t('messages.is_taken'), message);
}

async function done(visitor, message, t) {
  await visitor.press(t('messages.done'), message);
  await visitor.sees(t('messages.none'));
  await visitor.field(t('messages.done_too')).check();
  await visitor.press(t('messages.show'));
  await visitor.sees(t('messages.is_done'), message);
}

async function givenBack(visitor, message, t) {
  await visitor.field(t('messages.done_too')).check();
  await visitor.press(t('messages.show'));
  await visitor.press(t('messages.give_back'), message);
  await visitor.sees(t('messages.is_new'), message);
}

/** How long a sound is, once the browser has it. */
export const seconds = (audio) =>
  audio.evaluate((player) => new Promise((resolve, reject) => {
    player.addEventListener('loadedmetadata', () => resolve(player.duration));
    player.addEventListener('error', () => reject(new Error(player.error.message)));
    player.preload = 'metadata';
    player.load();
  }));

for (const language of LANGUAGES) {
  const { says, own, heard, topic } = CALLS[language];
  test(`${language}: a call is seen while it goes on, without asking for the page again`, async (context) => {
    const visitor = await sit('attendant', language);
    const { t, page } = visitor;
    await visitor.open('/now');
    await visitor.sees(t('now.no_calls'));
    const phone = await call(says);
    context.after(() => phone.command('hangup'));
    const row = page.getByRole('row').filter({ hasText: own });
    await row.filter({ hasText: heard }).filter({ hasText: topic }).filter({ hasText: t('now.talking') }).waitFor();
    await ENDS[language](visitor, row, phone);
    await phone.waitFor('CALL_CLOSED');
    await visitor.sees(t('now.no_calls'));
    await visitor.leave();
  });
}

/** Each button says for whom it hears it which call it is for. */
const order = (row, text) => row.getByRole('button', { name: text }).click();

const ENDS = {
  async es(visitor, row) {
    const { t } = visitor;
    await order(row, t('now.hand_over'));
    await telephones.waitFor('CALL_INCOMING');
    await row.filter({ hasText: t('now.ringing') }).waitFor();
    telephones.command('accept');
    await box.waitFor('person  hears:');
    telephones.press('1');
    await row.filter({ hasText: t('now.with_person') }).waitFor();
    await order(row, t('now.hang_up'));
  },
  ca: (visitor, row) => order(row, visitor.t('now.hang_up')),
  en: (visitor, row, phone) => phone.command('hangup'),
};

for (const language of LANGUAGES) {
  const { own, heard, word, topic } = CALLS[language];
  test(`${language}: a call is found, read, and its answer marked as wrong`, async () => {
    const visitor = await sit('editor', language);
    const { t, page } = visitor;
    const found = page.getByRole('row').filter({ hasText: own }).filter({ hasText: topic });
    const search = async (fill) => {
      await visitor.open('/calls');
      await fill();
      await visitor.press(t('calls.search'));
    };
    await search(() => visitor.field(t('calls.words')).fill(word));
    await found.waitFor();
    assert.equal(await found.count(), 1);
    await search(() => visitor.field(t('calls.language')).selectOption({ label: own }));
    await found.waitFor();
    await search(() => visitor.field(t('calls.topic')).selectOption({ label: topic }));
    await found.waitFor();
    await search(() => visitor.field(t('calls.from')).fill(day(0)));
    await found.waitFor();
    await search(() => visitor.field(t('calls.until')).fill(day(-1)));
    await visitor.sees(t('calls.none'));
    await visitor.field(t('calls.number')).fill('600000000');
    await visitor.field(t('calls.number')).press('Enter');
    await visitor.sees(t('calls.none'));
    assert.doesNotMatch(page.url(), /600000000/);
    await search(async () => {
      await visitor.field(t('calls.language')).selectOption({ label: own });
      await visitor.field(t('calls.only_wrong')).check();
    });
    await visitor.sees(t('calls.none'));

    await search(() => visitor.field(t('calls.words')).fill(word));
    await found.getByRole('link').click();
    const turn = page.getByRole('listitem').filter({ hasText: heard });
    await visitor.sees(`${t('decision.answer')}: ${topic}`, turn);
    await visitor.press(t('calls.wrong'), turn);
    await visitor.sees(t('calls.is_wrong'), turn);

    await visitor.follow(t('menu.unanswered'));
    await SETTLES[language](visitor, page.getByRole('listitem').filter({ hasText: heard }), heard);
    await visitor.open('/unanswered');
    await visitor.sees(t('unanswered.none'));
    await visitor.leave();
  });
}

/** A day so many after today, as date fields take it. */
function day(after) {
  const date = new Date(Date.now() + after * 86_400_000);
  return date.toLocaleDateString('sv', { timeZone: 'Europe/Madrid' });
}

const SETTLES = {
  async es(visitor, group, heard) {
    await visitor.press(visitor.t('unanswered.make_example'), group.first());
    await visitor.heading(CALLS.es.topic);
    await visitor.sees('topics/fine.pay.md');
    const examples = visitor.page.getByRole('group', { name: 'español' }).getByLabel(visitor.t('answers.examples'));
    assert.match(await examples.inputValue(), heard);
  },
  async ca(visitor, group, heard) {
    await visitor.press(visitor.t('unanswered.make_topic'), group.first());
    await visitor.heading(visitor.t('answers.unnamed'));
    await visitor.sees(/^topics\/new\.\d+\.md$/);
    const examples = visitor.page.getByRole('group', { name: 'valencià' }).getByLabel(visitor.t('answers.examples'));
    assert.match(await examples.inputValue(), heard);
  },
  en: (visitor, group) => visitor.press(visitor.t('unanswered.settle'), group.first()),
};

test('a call is deleted, and nothing of it is found', async () => {
  const visitor = await sit('manager', 'en');
  const { t, page } = visitor;
  await visitor.open(`/calls?words=${CALLS.en.word}`);
  const address = await page.getByRole('row').getByRole('link').getAttribute('href');
  await visitor.open(address);
  await page.locator('summary', { hasText: t('calls.forget_title') }).click();
  await visitor.press(t('calls.forget'));
  await visitor.heading(t('menu.calls'));
  await visitor.open(`/calls?words=${CALLS.en.word}`);
  await visitor.sees(t('calls.none'));
  await visitor.open(address);
  await visitor.heading(t('refused.title'));
  await visitor.leave();
});

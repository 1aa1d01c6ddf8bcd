// The council's answers: written by one person, read by another, published, tried, compared and taken back.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { seconds } from './telephone.mjs';
import { box, sit, staff } from './setup.mjs';

const QUESTION = 'quiero pagar una multa de tráfico';
const ANSWER = 'Las multas de Vallverda se pagan ahora en la caseta azul de la plaza.';
const TOPIC = { path: 'topics/fine.pay.md', name: 'pagar una multa' };
const IMPORTED = 'La biblioteca abre ahora solo los jueves.';

const draftOf = (visitor, name) =>
  visitor.page.getByRole('listitem').filter({ has: visitor.page.getByRole('link', { name, exact: true }) });

/** Somebody else reads what a draft changes, and agrees. */
async function agree(role, path, name, changed) {
  const reader = await sit(role, 'es');
  const { t, page } = reader;
  await reader.open('/answers');
  assert.equal(await page.getByRole('button', { name: t('answers.review') }).count(), 0, 'agreed to unread');
  await reader.follow(t('answers.read_it'), draftOf(reader, name));
  await page.getByRole('heading', { name: t('answers.changes') }).waitFor();
  await page.getByRole('insertion').filter({ hasText: changed }).waitFor();
  await reader.press(t('answers.review'));
  await reader.sees(t('answers.reviewed', staff[role].name), draftOf(reader, name));
  await reader.leave();
}

/** A draft goes when that is confirmed. */
async function discard(visitor, draft) {
  const button = draft.getByRole('button', { name: visitor.t('answers.discard_now') });
  assert.ok(await button.isHidden(), 'a draft goes with one click');
  await draft.getByText(visitor.t('answers.discard')).first().click();
  await button.click();
  await draft.waitFor({ state: 'detached' });
}

test('an editor writes an answer, hears it, and cannot publish it alone', async () => {
  const visitor = await sit('editor', 'es');
  const { t, page } = visitor;
  await visitor.open('/answers');
  await visitor.heading(t('menu.answers'));
  await page.getByRole('row').getByRole('link', { name: TOPIC.name, exact: true }).click();
  await visitor.heading(TOPIC.name);
  await visitor.sees(TOPIC.path);
  const spanish = page.getByRole('group', { name: 'español' });
  await spanish.getByLabel(t('answers.answer')).fill(ANSWER);
  await visitor.press(t('answers.keep'));
  await visitor.sees(t('answers.waits'));
  assert.equal(await spanish.getByLabel(t('answers.answer')).inputValue(), ANSWER);
  assert.ok((await seconds(spanish.getByLabel(t('answers.listen', 'español')))) > 2);
  assert.equal(await page.getByRole('button', { name: t('answers.review') }).count(), 0);
  await visitor.open('/answers');
  await visitor.sees(t('answers.waits'), draftOf(visitor, TOPIC.name));
  assert.equal(await draftOf(visitor, TOPIC.name).getByText(TOPIC.path).count(), 0, 'a draft is listed by its file');
  await visitor.leave();
});

test('what hinders or weakens an answer is told to who writes it', async () => {
  const visitor = await sit('editor', 'es');
  const { t, page } = visitor;
  await visitor.open('/answers/edit?path=topics/library.hours.md');
  const answer = (language) => page.getByRole('group', { name: language }).getByLabel(t('answers.answer'));
  const kept = await answer('español').inputValue();
  const keep = async (text) => {
    await answer('español').fill(text);
    await visitor.press(t('answers.keep'));
    await visitor.sees(t('answers.waits'));
  };
  await keep('Llame al {telefono}.');
  const alert = page.getByRole('alert').filter({ hasText: t('answers.hindered') });
  await alert.filter({ hasText: 'telefono' }).filter({ hasText: 'phone_registry' }).waitFor();
  await keep('');
  await alert.filter({ hasText: t('fault.no_answer', 'español') }).waitFor();
  await page.getByLabel(t('answers.valid_until')).fill('2020-01-31');
  await answer('valencià').fill('');
  await keep(kept.replaceAll(/\d+/g, '7'));
  await visitor.sees(t('advice.over', '31/01/2020'));
  await visitor.sees(t('advice.no_answer', 'valencià', 'español'));
  await page.getByRole('listitem').filter({ hasText: t('advice.figures', 'español', 'English', '').split(':')[0] }).waitFor();
  await visitor.leave();
});

test('somebody else reads it, and publishes it beside a draft that is hindered', async () => {
  const visitor = await sit('manager', 'ca');
  const { t, page } = visitor;
  await visitor.open('/answers');
  await discard(visitor, draftOf(visitor, t('answers.unnamed')));
  await agree('manager', TOPIC.path, TOPIC.name, ANSWER);
  await visitor.open('/answers/edit?path=topics/library.card.md');
  await visitor.field(t('answers.office')).fill('no-such-office');
  await visitor.press(t('answers.keep'));
  await visitor.told('alert', t('fault.office', 'no-such-office'));
  await agree('editor', 'topics/library.card.md', 'el carné de la biblioteca', 'no-such-office');
  await visitor.open('/answers');
  const card = draftOf(visitor, 'el carnet de la biblioteca');
  await visitor.sees(t('fault.office', 'no-such-office'), card);
  await visitor.field(t('answers.note')).fill('La caseta nova');
  await visitor.press(t('answers.publish'));
  await visitor.told('status', t('answers.is_published'));
  assert.equal(await draftOf(visitor, TOPIC.name).count(), 0);
  await discard(visitor, card);
  await discard(visitor, draftOf(visitor, "l'horari de la biblioteca"));
  assert.equal(await page.getByRole('heading', { name: t('answers.drafts') }).count(), 0);
  await visitor.leave();
});

test('an answer whose last day is past is published, and the page does not say that callers hear it', async () => {
  const visitor = await sit('manager', 'es');
  const { t, page } = visitor;
  const until = async (day, note) => {
    await visitor.open('/answers/edit?path=topics/library.card.md');
    await page.getByLabel(t('answers.valid_until')).fill(day);
    await visitor.press(t('answers.keep'));
    await visitor.sees(t('answers.waits'));
    await agree('editor', 'topics/library.card.md', 'el carné de la biblioteca', 'valid_until');
    await visitor.open('/answers');
    await visitor.field(t('answers.note')).fill(note);
    await visitor.press(t('answers.publish'));
  };
  await until('2020-01-31', 'Caducada');
  await visitor.told('alert', t('answers.is_unheard', 'el carné de la biblioteca'));
  assert.equal(await page.getByText(t('answers.is_published')).count(), 0);
  await until('2099-01-31', 'Vigente');
  await visitor.told('status', t('answers.is_published'));
  await visitor.leave();
});

/** Ask as a caller would; gives what the box would say. */
async function ask(visitor, question) {
  const { t, page } = visitor;
  await visitor.field(t('answers.question')).fill(question);
  await visitor.press(t('answers.ask'));
  return page.getByRole('status').filter({ hasText: t('decision.answer') });
}

test('the box is asked, and says what was published', async () => {
  const visitor = await sit('editor', 'es');
  await visitor.open('/answers');
  const tried = await ask(visitor, QUESTION);
  await visitor.sees(ANSWER, tried);
  assert.ok((await seconds(tried.locator('audio'))) > 2);
  const sound = `/answers/sound?${new URLSearchParams({ language: 'es', text: ANSWER })}`;
  const { status, headers } = await box.ask(sound, { headers: { cookie: staff.editor.cookie } });
  assert.deepEqual([status, headers['content-type']], [200, 'audio/wav']);
  await visitor.leave();
});

test('cells of a spreadsheet become drafts, or nothing does', async () => {
  const visitor = await sit('manager', 'en');
  const { t } = visitor;
  await visitor.open('/answers');
  for (const [cells, said] of [
    ['library.hours\tes', t('answers.bad_row', 1)],
    [`library.hours\tes\t${IMPORTED}\nno.such\tes\tNada.`, t('answers.unknown_topic', 'no.such')],
  ]) {
    await visitor.field(t('answers.cells')).fill(cells);
    await visitor.press(t('answers.import_button'));
    await visitor.told('alert', said);
  }
  await visitor.field(t('answers.cells')).fill(`library.hours\tes\t${IMPORTED}`);
  await visitor.press(t('answers.import_button'));
  await visitor.told('status', t('answers.imported', 1));
  const draft = draftOf(visitor, "the library's opening hours");
  await visitor.sees(t('answers.waits'), draft);
  assert.equal(await draft.getByRole('link', { name: t('answers.read_it') }).count(), 0, 'a manager reads their own');
  await agree('editor', 'topics/library.hours.md', 'el horario de la biblioteca', IMPORTED);
  await visitor.open('/answers');
  await visitor.field(t('answers.note')).fill('Thursdays');
  await visitor.press(t('answers.publish'));
  await visitor.told('status', t('answers.is_published'));
  await visitor.leave();
});

test('a spreadsheet becomes drafts, and another file nothing', async () => {
  const visitor = await sit('editor', 'ca');
  const { t } = visitor;
  await visitor.open('/answers');
  const send = async (file) => {
    await visitor.field(t('answers.file')).setInputFiles(file);
    await visitor.press(t('answers.file_button'));
  };
  await send({ name: 'answers.xlsx', mimeType: 'application/zip', buffer: Buffer.from('PK\x03\x04 and no more') });
  await visitor.told('alert', t('answers.file_damaged'));
  await send(import.meta.filename);
  await visitor.told('alert', t('answers.bad_row', 1));
  for (const kind of ['xlsx', 'ods', 'csv']) {
    await send(join(import.meta.dirname, '../tests/sheets', `answers.${kind}`));
    await visitor.told('status', t('answers.imported', 1));
    await discard(visitor, draftOf(visitor, "l'horari de la biblioteca"));
  }
  await visitor.leave();
});

test('versions are compared, and an earlier one is taken back', async () => {
  const visitor = await sit('manager', 'es');
  const { t, page } = visitor;
  await visitor.open('/answers');
  await visitor.follow(t('answers.versions'));
  await visitor.heading(t('answers.versions'));
  const version = (note) => page.getByRole('listitem').filter({ hasText: note });
  await visitor.follow(t('answers.what_changed'), version('Thursdays'));
  await visitor.heading(t('answers.version', 5));
  await page.getByRole('insertion').filter({ hasText: IMPORTED }).waitFor();
  await page.goBack();
  const back = version('La caseta nova').getByRole('button', { name: t('answers.restore_now') });
  assert.ok(await back.isHidden(), 'a version comes back with one click');
  await version('La caseta nova').getByText(t('answers.restore')).first().click();
  await back.click();
  await visitor.told('status', t('answers.is_published'));
  const tried = await ask(visitor, '¿cuándo abre la biblioteca?');
  await tried.waitFor();
  assert.doesNotMatch(await tried.innerText(), new RegExp(IMPORTED));
  await visitor.follow(t('answers.versions'));
  await version(t('answers.restored', 2)).waitFor();
  await visitor.leave();
});

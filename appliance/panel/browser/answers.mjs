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

const draftOf = (visitor, path) => visitor.page.getByRole('listitem').filter({ hasText: path });

/** Somebody else reads a draft and agrees. */
async function agree(role, path) {
  const reader = await sit(role, 'es');
  await reader.open('/answers');
  await draftOf(reader, path).getByRole('button', { name: reader.t('answers.review') }).click();
  await reader.sees(reader.t('answers.reviewed', staff[role].name), draftOf(reader, path));
  await reader.leave();
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
  await visitor.sees(t('answers.waits'), draftOf(visitor, TOPIC.path));
  assert.equal(await page.getByRole('button', { name: t('answers.review') }).count(), 0);

  await visitor.open(`/answers/edit?path=${TOPIC.path}`);
  assert.equal(await spanish.getByLabel(t('answers.answer')).inputValue(), ANSWER);
  assert.ok((await seconds(spanish.getByLabel(t('answers.listen', 'español')))) > 2);
  await visitor.leave();
});

test('somebody else reads it, and publishes it', async () => {
  const visitor = await sit('manager', 'ca');
  const { t, page } = visitor;
  await visitor.open('/answers');
  const begun = draftOf(visitor, 'topics/new.');
  await begun.getByRole('button', { name: t('answers.discard') }).click();
  await begun.waitFor({ state: 'detached' });
  await draftOf(visitor, TOPIC.path).getByRole('button', { name: t('answers.review') }).click();
  await visitor.sees(t('answers.reviewed', staff.manager.name), draftOf(visitor, TOPIC.path));
  await visitor.field(t('answers.note')).fill('La caseta nova');
  await visitor.press(t('answers.publish'));
  await visitor.told('status', t('answers.is_published'));
  assert.equal(await page.getByRole('heading', { name: t('answers.drafts') }).count(), 0);
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
  const draft = draftOf(visitor, 'topics/library.hours.md');
  await visitor.sees(t('answers.waits'), draft);
  assert.equal(await draft.getByRole('button', { name: t('answers.review') }).count(), 0, 'a manager reads their own');
  await agree('editor', 'topics/library.hours.md');
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
    const draft = draftOf(visitor, 'topics/library.hours.md');
    await draft.getByRole('button', { name: t('answers.discard') }).click();
    await draft.waitFor({ state: 'detached' });
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
  await visitor.heading(t('answers.version', 3));
  await page.getByRole('insertion').filter({ hasText: IMPORTED }).waitFor();
  await page.goBack();
  await visitor.press(t('answers.restore'), version('La caseta nova'));
  await visitor.told('status', t('answers.is_published'));
  const tried = await ask(visitor, '¿cuándo abre la biblioteca?');
  await tried.waitFor();
  assert.doesNotMatch(await tried.innerText(), new RegExp(IMPORTED));
  await visitor.follow(t('answers.versions'));
  await version(t('answers.restored', 2)).waitFor();
  await visitor.leave();
});

test('what the check of the pack refuses is not published, and the page says why', async () => {
  const visitor = await sit('manager', 'en');
  const { t, page } = visitor;
  await visitor.open('/answers/edit?path=topics/library.card.md');
  await visitor.field(t('answers.office')).fill('no-such-office');
  await visitor.press(t('answers.keep'));
  const draft = draftOf(visitor, 'topics/library.card.md');
  await agree('editor', 'topics/library.card.md');
  await visitor.open('/answers');
  await visitor.field(t('answers.note')).fill('An office');
  await visitor.press(t('answers.publish'));
  const alert = page.getByRole('alert').filter({ hasText: t('answers.not_published') });
  await alert.filter({ hasText: t('fault.office', 'no-such-office') }).waitFor();
  await alert.getByRole('link', { name: 'topics/library.card.md' }).waitFor();
  await draft.getByRole('button', { name: t('answers.discard') }).click();
  await draft.waitFor({ state: 'detached' });
  await visitor.leave();
});

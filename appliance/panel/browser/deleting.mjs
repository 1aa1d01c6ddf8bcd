// What is deleted for good: after everything that looks at it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { box, sit, staff } from './setup.mjs';

test('a message is deleted with its sound, once that is confirmed, and the log says who did it', async () => {
  const visitor = await sit('attendant', 'ca');
  const { t, page } = visitor;
  await visitor.open('/messages');
  const message = page.getByRole('listitem').filter({ has: page.locator('audio') }).first();
  const sound = await message.locator('audio').getAttribute('src');
  const button = message.getByRole('button', { name: t('messages.forget_now'), exact: true });
  assert.ok(await button.isHidden(), 'a message goes with one click');
  await message.getByText(t('messages.forget')).first().click();
  await visitor.sees(t('messages.forget_help'), message);
  await button.click();
  await visitor.sees(t('messages.none'));
  const { status } = await box.ask(sound, { headers: { cookie: staff.attendant.cookie } });
  assert.equal(status, 404);
  await visitor.leave();

  const manager = await sit('manager', 'ca');
  await manager.open('/people');
  const log = manager.page.getByRole('region', { name: t('people.log') }).getByRole('row');
  await log.filter({ hasText: t('audit.forget_message') }).filter({ hasText: staff.attendant.name }).waitFor();
  await manager.leave();
});

// Accounts and who did what, how the box is, and the lights that anybody may see.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LANGUAGES, Visitor, signIn } from './people.mjs';
import { box, browser, sit, staff } from './setup.mjs';

for (const language of LANGUAGES) {
  test(`${language}: an account is made, renewed and removed, and the log says who did it`, async () => {
    const visitor = await sit(language === 'es' ? 'it' : 'manager', language);
    const { t, page } = visitor;
    const name = `ana.${language}`;
    const account = page.getByRole('region', { name: t('people.accounts') }).getByRole('row').filter({ hasText: name });
    const change = async (what) => {
      await account.locator('summary', { hasText: t(`people.${what}`) }).click();
      await visitor.sees(t(`people.${what}_help`), account);
      await account.getByRole('button', { name: t(`people.${what}_now`) }).click();
    };
    const secret = () => page.getByRole('status').locator('code').innerText();
    const add = async () => {
      await visitor.field(t('sign_in.name')).fill(name);
      await visitor.field(t('people.role')).selectOption({ label: t('role.attendant') });
      await visitor.press(t('people.add'));
    };
    await visitor.open('/people');
    await add();
    await visitor.told('status', t('people.password_is', name));
    const first = await secret();
    assert.ok(await signIn(box, name, first), 'the first password does not let in');
    await visitor.sees(t('role.attendant'), account);
    await add();
    await visitor.told('alert', t('people.known'));
    await change('reset');
    await visitor.told('status', t('people.password_is', name));
    assert.ok(await signIn(box, name, await secret()));
    assert.equal(await signIn(box, name, first), undefined, 'the old password lets in still');
    await change('remove');
    await visitor.told('status', t('people.removed', name));
    await account.waitFor({ state: 'detached' });

    const own = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: staff[visitor.role].name }) });
    await own.locator('summary', { hasText: t('people.reset') }).waitFor();
    assert.equal(await own.locator('summary', { hasText: t('people.remove') }).count(), 0, 'people remove themselves');

    const log = page.getByRole('region', { name: t('people.log') }).getByRole('row').filter({ hasText: name });
    for (const what of ['add_person', 'reset_person', 'remove_person']) {
      await log.filter({ hasText: t(`audit.${what}`) }).filter({ hasText: staff[visitor.role].name }).waitFor();
    }
    await visitor.leave();
  });

  test(`${language}: the box says how it is, and its diagnostics tell of nobody`, async () => {
    const visitor = await sit('it', language);
    const { t, page } = visitor;
    await visitor.open('/box');
    const reading = page.getByRole('row').filter({ hasText: t('reading.version') });
    await visitor.sees(/^\d+\.\d+\.\d+/, reading);
    await visitor.sees(t('box.good'), reading);
    const answers = page.getByRole('row').filter({ hasText: t('reading.pack') });
    await visitor.sees(/^70 \p{L}+, \d\d[.,]\d{3} \p{L}+$/u, answers);
    await visitor.sees(t('value.calls', 0, 8), page.getByRole('row').filter({ hasText: t('reading.calls') }));
    await visitor.sees(/the line is up/);
    const coming = page.waitForEvent('download');
    await visitor.follow(t('box.diagnostics'));
    const download = await coming;
    assert.equal(download.suggestedFilename(), 'portaveu-diagnostics.txt');
    const text = (await (await download.createReadStream()).toArray()).join('');
    assert.match(text, /^portaveu \d/);
    assert.doesNotMatch(text, /612 ?345 ?678|multa/);
    await visitor.leave();
  });

  test(`${language}: anybody sees the lights, and nothing else`, async () => {
    const visitor = await Visitor.sit(browser, box, language);
    const { t, page } = visitor;
    await visitor.open('/lights');
    await visitor.heading(t('lights.title'));
    const power = page.getByRole('listitem').filter({ hasText: t('lights.power') });
    await visitor.sees(t('lights.on'), power);
    await page.waitForResponse((response) => response.url().endsWith('/lights'));
    assert.deepEqual(await page.getByRole('listitem').count(), 4);
    await visitor.follow(t('lights.sign_in'));
    await visitor.heading(t('sign_in.title'));
    await visitor.leave();
  });
}

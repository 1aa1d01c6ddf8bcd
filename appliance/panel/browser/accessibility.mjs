// Every page for everybody: axe's rules, light and dark, wide and narrow, in each language; the keyboard alone; no
// complaint of the browser's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';

import { LANGUAGES, Visitor } from './people.mjs';
import { box, browser, call, sit, staff } from './setup.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };

/** Pages by who opens them, after what is there to be seen has come by telephone. */
const pages = (callAddress) => ({
  manager: [
    callAddress,
    '/calls',
    '/messages',
    '/unanswered',
    '/answers',
    '/answers/edit?path=topics/fine.pay.md',
    '/answers/edit?path=topics/library.card.md',
    '/answers/versions',
    '/answers/versions/2',
    '/reports',
    '/people',
    '/account',
  ],
  it: ['/box'],
  nobody: ['/sign-in', '/lights', '/no-such-page'],
});

test('no page keeps anybody out', async (context) => {
  const phone = await call('es_multa');
  context.after(() => phone.command('hangup'));
  const faults = [];
  await inEachLanguage(async (language) => {
    const visitor = await sit('manager', language);
    await visitor.open('/now');
    await visitor.page.getByRole('row').filter({ hasText: 'pagarla' }).waitFor();
    await examine(visitor, faults);
    await visitor.leave();
  });
  phone.command('hangup');
  await phone.waitFor('CALL_CLOSED');
  const callAddress = await markNewest();
  await leaveDraft();
  await inEachLanguage(async (language) => {
    for (const [role, paths] of Object.entries(pages(callAddress))) {
      const visitor = await Visitor.sit(browser, box, language, staff[role]);
      for (const path of paths) {
        await visitor.open(path);
        await examine(visitor, faults);
      }
      if (role === 'manager') await examineInvitation(visitor, faults);
      await visitor.leave();
    }
  });
  assert.deepEqual(faults, []);
});

const inEachLanguage = (examination) => Promise.all(LANGUAGES.map(examination));

/** An answer that cannot be published as it is, so that there is a draft to be read. */
async function leaveDraft() {
  const visitor = await sit('editor', 'es');
  await visitor.open('/answers/edit?path=topics/library.card.md');
  await visitor.field(visitor.t('answers.office')).fill('no-such-office');
  await visitor.press(visitor.t('answers.keep'));
  await visitor.told('alert', visitor.t('answers.hindered'));
  await visitor.leave();
}

/** The newest call's answer was wrong, so that there is a question without an answer; gives the call's address. */
async function markNewest() {
  const visitor = await sit('manager', 'es');
  await visitor.open('/calls');
  const link = visitor.page.getByRole('row').getByRole('link').first();
  const address = await link.getAttribute('href');
  await link.click();
  await visitor.press(visitor.t('calls.wrong'));
  await visitor.sees(visitor.t('calls.is_wrong'));
  await visitor.leave();
  return address;
}

/** The page that an app reads the second factor from. */
async function examineInvitation(visitor, faults) {
  await visitor.open('/account');
  await visitor.press(visitor.t('account.code_begin'));
  await visitor.page.getByRole('img', { name: visitor.t('account.picture') }).waitFor();
  await examine(visitor, faults);
}

async function examine(visitor, faults) {
  const { page, language } = visitor;
  const where = `${new URL(page.url()).pathname} in ${language}`;
  if ((await page.locator('html').getAttribute('lang')) !== language) faults.push(`${where}: its language is not said`);
  const heading = await page.getByRole('heading', { level: 1 }).innerText();
  if ((await page.title()) !== `${heading} · Portaveu`) faults.push(`${where}: its title is ${await page.title()}`);
  await page.evaluate(axe.source);
  for (const viewport of [WIDE, NARROW]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const rules = colorScheme === 'light' ? RULES : ['color-contrast']; // nothing else changes with the colours
      const found = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), rules);
      for (const { id, nodes } of found.violations) {
        faults.push(`${where}, ${colorScheme}, ${viewport.width}: ${id} at ${nodes[0].target} (${nodes.length})`);
      }
    }
  }
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
  if (width > NARROW.width) faults.push(`${where}: ${width} px wide on a screen of ${NARROW.width}`);
  await page.setViewportSize(WIDE);
}

test('the keyboard reaches everything, and it is seen where it is', async () => {
  const visitor = await sit('manager', 'es');
  const { t, page } = visitor;
  await visitor.open('/calls');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: t('shell.skip') });
  assert.ok(await skip.evaluate((link) => link === document.activeElement));
  const reached = new Set();
  while (!reached.has(t('calls.search'))) {
    const focus = await page.evaluate(focused);
    assert.ok(focus.isSeen, `the focus is not seen at ${focus.name}`);
    reached.add(focus.name);
    await page.keyboard.press('Tab');
    assert.ok(reached.size < 40, `the search's button was not reached, but ${[...reached]}`);
  }
  const menu = await visitor.menu();
  for (const name of [...menu, t('shell.leave'), staff.manager.name, t('calls.words'), t('calls.only_wrong')]) {
    assert.ok(reached.has(name), `${name} is not reached`);
  }

  await visitor.open('/calls');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const { name } = await page.evaluate(focused);
  assert.equal(name, t('calls.from'));
  await visitor.leave();
});

/** In the page: what has the focus, and whether that can be seen. */
function focused() {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const isOnScreen = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth && right - left > 1;
  const name = element.labels?.[0]?.innerText ?? element.innerText;
  return { name: name.trim(), isSeen: isOnScreen && outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
}

test('no browser has complained', () => assert.deepEqual(Visitor.complaints, []));

// What the panel refuses: every page without signing in or with the wrong role, every form that it did not write itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { ROLES, tokenOf } from './people.mjs';
import { box, staff } from './setup.mjs';

/** By area, who may see it and what is in it. */
const AREAS = {
  Account: [ROLES, [
    'GET /account',
    'POST /account/password',
    'POST /account/language',
    'POST /account/code',
    'POST /account/code/confirm',
    'POST /account/code/remove',
    'POST /sign-out',
  ]],
  Now: [['attendant', 'editor', 'manager'], [
    'GET /now',
    'GET /now/events',
    'POST /now/{call}/hang-up',
    'POST /now/{call}/hand-over',
  ]],
  Calls: [['attendant', 'editor', 'manager'], [
    'GET /calls',
    'POST /calls/number',
    'GET /calls/{call}',
    'POST /calls/{call}/wrong/{turn}',
    'POST /calls/{call}/forget',
  ]],
  Messages: [['attendant', 'manager'], [
    'GET /messages',
    'POST /messages/{message}/{state}',
    'POST /messages/{message}/forget',
    'GET /messages/{message}/sound',
  ]],
  Unanswered: [['editor', 'manager'], [
    'GET /unanswered',
    'POST /unanswered/example',
    'POST /unanswered/topic',
    'POST /unanswered/settle',
  ]],
  Answers: [['editor', 'manager'], [
    'GET /answers',
    'GET /answers/edit',
    'POST /answers/edit',
    'POST /answers/try',
    'GET /answers/sound',
    'POST /answers/review',
    'POST /answers/discard',
    'POST /answers/publish',
    'GET /answers/versions',
    'GET /answers/versions/{version}',
    'POST /answers/versions/{version}/restore',
    'POST /answers/import',
    'POST /answers/import/file',
  ]],
  Reports: [['editor', 'manager'], ['GET /reports', 'GET /reports/{file}']],
  Box: [['it'], ['GET /box', 'GET /box/diagnostics']],
  People: [['manager', 'it'], ['GET /people', 'POST /people', 'POST /people/reset', 'POST /people/remove']],
};
const OPEN = ['GET /', 'GET /sign-in', 'POST /sign-in', 'GET /lights', 'GET /assets/{name}', 'GET /metrics'];

const routes = Object.values(AREAS).flatMap(([roles, paths]) =>
  paths.map((route) => {
    const [method, path] = route.split(' ');
    return { route, method, path: path.replace(/\{\w+\}/g, '1'), roles };
  }));
const posts = routes.filter(({ method }) => method === 'POST');
const tokens = {};

before(async () => {
  for (const role of ROLES) {
    const { body } = await box.ask('/account', { headers: { cookie: staff[role].cookie } });
    tokens[role] = tokenOf(body);
  }
});

/** What `role` is answered; a form is as good as this role's own, unless told otherwise. */
async function status({ method, path }, role, { headers = {}, form = {} } = {}) {
  const cookie = role ? { cookie: staff[role].cookie } : {};
  const filled = method === 'POST' ? { form: { token: tokens[role] ?? '', ...form } } : {};
  return (await box.ask(path, { method, headers: { ...cookie, ...headers }, ...filled })).status;
}

test('the list here is the list of the source', () => {
  const source = readFileSync(join(import.meta.dirname, '../src/server.rs'), 'utf8');
  const found = source.matchAll(/\(\s*"(\/[^"]*)",\s*((?:\.?(?:get|post)\([\w:]+\))+)/g);
  const inSource = [...found].flatMap(([, path, methods]) =>
    [...methods.matchAll(/(?:^|\.)(get|post)\(/g)].map(([, method]) => `${method.toUpperCase()} ${path}`));
  const here = [...OPEN, ...routes.map(({ route }) => route)];
  assert.deepEqual(inSource.toSorted(), here.toSorted());
});

test('nobody who has not signed in is given anything', async () => {
  for (const route of routes) {
    assert.equal(await status(route), route.method === 'GET' ? 303 : 401, route.route);
    const made = { headers: { cookie: '__Host-portaveu=made-up' } };
    assert.equal(await status(route, undefined, made), route.method === 'GET' ? 303 : 401, route.route);
  }
});

test('a role is given what is its own, and nothing else', async () => {
  for (const route of routes) {
    for (const role of ROLES.filter((role) => !route.roles.includes(role))) {
      assert.equal(await status(route, role), 403, `${route.route} for ${role}`);
    }
  }
  for (const route of routes.filter(({ method, path }) => method === 'GET' && !path.includes('1'))) {
    for (const role of route.roles) {
      const wanted = /edit|sound/.test(route.path) ? 400 : 200; // those ask for something that this leaves out
      assert.equal(await status(route, role), wanted, `${route.route} for ${role}`);
    }
  }
});

test('a form without its mark, from elsewhere or too long is not taken', async () => {
  const host = box.address;
  const cases = [
    ['no token', { form: { token: '' } }, 403],
    ['a token that is made up', { form: { token: 'A'.repeat(43) } }, 403],
    ['another page', { headers: { origin: 'https://elsewhere.example' } }, 403],
    ['a page of nowhere', { headers: { origin: 'null' } }, 403],
    ['the same host without TLS', { headers: { origin: host.replace('https', 'http') } }, 403],
    ['another site, as browsers tell it', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
    ['a neighbouring site', { headers: { 'sec-fetch-site': 'same-site' } }, 403],
    ['more than a mebibyte', { form: { long: 'x'.repeat(1 << 20) } }, 413],
  ];
  for (const route of posts) {
    for (const [what, request, wanted] of cases) {
      const role = route.roles[0];
      assert.equal(await status(route, role, request), wanted, `${route.route} with ${what}`);
    }
    const others = ROLES.find((role) => role !== route.roles[0]);
    const stolen = { form: { token: tokens[others] } };
    assert.equal(await status(route, route.roles[0], stolen), 403, `${route.route} with another session's token`);
  }
});

test('signing in from another page is refused', async () => {
  const form = { name: staff.it.name, password: staff.it.password };
  const headers = { origin: 'https://elsewhere.example' };
  assert.equal((await box.ask('/sign-in', { method: 'POST', form, headers })).status, 403);
});

test('what is not there is not there, and every answer forbids what pages do not need', async () => {
  for (const [path, wanted] of [['/no-such-page', 404], ['/assets/none', 404], ['/metrics', 404], ['/lights', 200]]) {
    const { status, headers } = await box.ask(path);
    assert.equal(status, wanted, path);
    assert.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
  }
});

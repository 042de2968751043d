import { z } from 'zod';
import { Controller, Delete, Get, Header, HttpCode, Post } from '@nestjs/common';
import { openApiDocument } from '../openapi/openapi-document.js';
import { Answers, AnswersNothing, AnswersWith, Refuses } from './answers.js';
import { AnswerCheck } from './checked-answer.suite.js';

const roomSchema = z.object({ id: z.string(), tags: z.array(z.object({ name: z.string() })) }).meta({ id: 'RoomOfTheSpec' });

/** On paths that the permission table knows. */
@Controller('accounts/projects')
class RoomsOfTheSpec {
  @Get(':projectId/rooms/:room')
  @Answers(roomSchema)
  @Refuses('room_not_found')
  get() {
    return { id: 'a', tags: [] };
  }

  @Post(':projectId/rooms/:room/connect')
  @HttpCode(200)
  @Answers(z.object({ by: z.literal('connect') }))
  connect() {
    return { by: 'connect' as const };
  }

  @Delete(':projectId/rooms/:room')
  @HttpCode(204)
  @AnswersNothing()
  remove() {}

  @Get('by-key/:key')
  @Header('content-type', 'text/html')
  @AnswersWith('text/html')
  page() {
    return '';
  }
}

describe('what specs hold answers to', () => {
  const check = new AnswerCheck(openApiDocument([RoomsOfTheSpec], 'http://localhost'));
  const room = '/accounts/projects/p/rooms/r';
  const problem = (status: number, body: unknown, { method = 'GET', path = room, contentType = 'application/json; charset=utf-8' as string | null } = {}) =>
    check.problemWith({ method, path, status, contentType, text: typeof body === 'string' ? body : JSON.stringify(body) });
  const refusal = (code: string, more = {}) => ({ error: { message: 'x', code, ...more } });

  it('what is described passes', () => {
    expect(problem(200, { id: 'a', tags: [{ name: 'x' }] })).toBeNull();
    expect(problem(404, refusal('room_not_found'))).toBeNull();
    expect(problem(404, refusal('project_not_found'), { path: `${room}?a=b` })).toBeNull();
    expect(problem(401, refusal('unauthenticated'))).toBeNull();
    expect(problem(204, '', { method: 'DELETE', contentType: null })).toBeNull();
    expect(problem(200, '<p>', { path: '/accounts/projects/by-key/x', contentType: 'text/html; charset=utf-8' })).toBeNull();
    expect(problem(404, refusal('not_found'), { path: '/nowhere' })).toBeNull();
    expect(problem(200, 'anything', { path: '/internal/changes' })).toBeNull();
  });

  it.each([
    ['another status', 201, { id: 'a', tags: [] }, {}, /answered 201, which is not described/],
    ['a member too many', 200, { id: 'a', tags: [], secret: 1 }, {}, /secret/],
    ['a member too many, deeper', 200, { id: 'a', tags: [{ name: 'x', secret: 1 }] }, {}, /\/tags\/0 .*secret/],
    ['a member missing', 200, { id: 'a' }, {}, /tags/],
    ['another type', 200, { id: 7, tags: [] }, {}, /\/id must be string/],
    ['an error code of other routes', 404, refusal('api_key_not_found'), {}, /\/error\/code/],
    ['an error with more in it', 404, refusal('room_not_found', { stack: 'x' }), {}, /stack/],
    ['an error that is none', 404, { message: 'x' }, {}, /error/],
    ['another media type', 200, '<p>', { contentType: 'text/html' }, /its type is text\/html/],
    ['a body where there is none', 204, { ok: true }, { method: 'DELETE' }, /has a body/],
    ['a route that is not described', 200, {}, { path: '/accounts/new' }, /is not described/],
    ['a method that is not described', 200, {}, { method: 'PATCH' }, /is not described/],
    ['the answer of a route that looks alike', 200, { id: 'a', tags: [] }, { method: 'POST', path: `${room}/connect` }, /\/connect answered 200 not as described/],
  ])('%s does not', (_what, status, body, where, words) => {
    expect(problem(status, body, where)).toMatch(words);
  });
});

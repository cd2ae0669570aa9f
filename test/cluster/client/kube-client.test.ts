import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { AlreadyExistsError, ConflictError, NotFoundError } from '../../../src/cluster/client/kube-errors.ts';
import { virtualServices } from '../../../src/cluster/kinds/virtual-service.ts';
import {
  DependencyError,
  MeshUnavailableError,
  NotPermittedError,
  RejectedError,
  TooLargeError,
} from '../../../src/workflow/errors.ts';
import { clientOfStub } from '../../support/kube.ts';

describe('an answer of the API server', () => {
  it.each`
    code   | reason               | message                                                                             | error
    ${400} | ${undefined}         | ${'admission webhook "validation.istio.io" denied the request: weight -5 < 0'}      | ${RejectedError}
    ${401} | ${'Unauthorized'}    | ${'Unauthorized'}                                                                   | ${NotPermittedError}
    ${403} | ${'Forbidden'}       | ${'virtualservices is forbidden: User "x" cannot patch resource "virtualservices"'} | ${NotPermittedError}
    ${404} | ${'NotFound'}        | ${'virtualservices.networking.istio.io "reviews" not found'}                        | ${NotFoundError}
    ${409} | ${'Conflict'}        | ${'the object has been modified'}                                                   | ${ConflictError}
    ${409} | ${'AlreadyExists'}   | ${'events "reviews.c-1" already exists'}                                            | ${AlreadyExistsError}
    ${413} | ${undefined}         | ${'limit is 3145728'}                                                               | ${TooLargeError}
    ${415} | ${undefined}         | ${'the body of the request was in an unknown format'}                               | ${RejectedError}
    ${422} | ${'Invalid'}         | ${'VirtualService is invalid: spec.http[0].route[0].weight: must be an integer'}    | ${RejectedError}
    ${422} | ${'Invalid'}         | ${'metadata.annotations: Too long: may not be more than 262144 bytes'}              | ${TooLargeError}
    ${500} | ${undefined}         | ${'etcdserver: request is too large'}                                               | ${TooLargeError}
    ${500} | ${'InternalError'}   | ${'failed calling webhook "validation.istio.io": connection refused'}               | ${MeshUnavailableError}
    ${429} | ${'TooManyRequests'} | ${'the server has asked for the client to slow down'}                               | ${MeshUnavailableError}
    ${503} | ${undefined}         | ${'the server is currently unable to handle the request'}                           | ${MeshUnavailableError}
  `('with $code $reason is a $error.name: $message', async ({ code, reason, message, error }) => {
    const client = await clientOfStub((_, response) =>
      answer(response, code, { kind: 'Status', message, reason, code }),
    );

    const refused = client.patch(virtualServices, 'default', 'reviews', [], false);

    await expect(refused).rejects.toThrow(error);
    if (error !== NotPermittedError && error !== MeshUnavailableError) await expect(refused).rejects.toThrow(message);
  });

  it.each([
    { code: 401, retryable: true },
    { code: 403, retryable: false },
  ])('with $code is a NotPermittedError, retryable: $retryable', async ({ code, retryable }) => {
    const client = await clientOfStub((_, response) => answer(response, code, { kind: 'Status', message: 'no', code }));

    const error = await client.get(virtualServices, 'books', 'reviews').catch((each: unknown) => each);

    expect(error).toMatchObject({ because: 'not-permitted', retryable });
  });

  it('that forbids a call names the verb and the resource, and not our account', async () => {
    const message =
      'virtualservices.networking.istio.io "reviews" is forbidden: User "system:serviceaccount:bots:shiftbot" cannot patch resource "virtualservices" in API group "networking.istio.io" in the namespace "books"';
    const client = await clientOfStub((_, response) => answer(response, 403, { kind: 'Status', message, code: 403 }));

    await expect(client.get(virtualServices, 'books', 'reviews')).rejects.toThrow(
      /^the Kubernetes API forbids it: the bot cannot patch resource "virtualservices" .* in the namespace "books"$/,
    );
  });

  it.each`
    what               | headers                   | details                     | afterMs
    ${'in its header'} | ${{ 'retry-after': '7' }} | ${undefined}                | ${7000}
    ${'in its body'}   | ${{}}                     | ${{ retryAfterSeconds: 3 }} | ${3000}
    ${'nowhere'}       | ${{}}                     | ${undefined}                | ${undefined}
  `('may say $what how long to wait', async ({ headers, details, afterMs }) => {
    const client = await clientOfStub((_, response) =>
      answer(response, 429, { kind: 'Status', message: 'slow down', details, code: 429 }, headers),
    );

    const error = await client.get(virtualServices, 'default', 'reviews').catch((each: unknown) => each);

    expect(error).toMatchObject({ retryable: true, because: 'unreachable', retryAfterMs: afterMs });
  });

  it('that is a page of a proxy is a MeshUnavailableError', async () => {
    const client = await clientOfStub((_, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
    });

    await expect(client.get(virtualServices, 'default', 'reviews')).rejects.toThrow(MeshUnavailableError);
  });

  it('that never ends is given up after the timeout', async () => {
    const client = await clientOfStub(() => {}, { timeoutMs: 200 });

    await expect(client.get(virtualServices, 'default', 'reviews')).rejects.toThrow(MeshUnavailableError);
    await expect(client.patch(virtualServices, 'default', 'reviews', [], false)).rejects.toThrow(MeshUnavailableError);
    await expect(client.list(virtualServices, 'default')).rejects.toThrow(MeshUnavailableError);
  });

  it('that is cut off is a MeshUnavailableError, with its cause', async () => {
    const client = await clientOfStub((request) => void request.socket.destroy());

    const error = await client.patch(virtualServices, 'default', 'reviews', [], false).catch((each: unknown) => each);

    expect(error).toBeInstanceOf(DependencyError);
    expect(error).toMatchObject({ retryable: true, cause: expect.any(Error) });
  });

  it.each`
    header                                          | warnings
    ${undefined}                                    | ${[]}
    ${'299 - "unknown field \\"spec.x\\""'}         | ${['unknown field "spec.x"']}
    ${'299 - "one, with a comma", 299 istio "two"'} | ${['one, with a comma', 'two']}
  `('carries warnings: $warnings', async ({ header, warnings }) => {
    const client = await clientOfStub((_, response) =>
      answer(response, 200, { kind: 'VirtualService' }, header === undefined ? {} : { warning: header }),
    );

    expect((await client.patch(virtualServices, 'default', 'reviews', [], false)).warnings).toEqual(warnings);
  });
});

describe('a request to the API server', () => {
  it('is a JSON Patch with our field manager, and can be a dry run', async () => {
    const requests: { url: string; type: string | undefined; body: unknown }[] = [];
    const client = await clientOfStub(async (request, response) => {
      const body = JSON.parse(await textOf(request));
      requests.push({ url: request.url ?? '', type: request.headers['content-type'], body });
      answer(response, 200, {});
    });
    const patch = [{ op: 'replace', path: '/metadata/resourceVersion', value: '7' }] as const;

    await client.patch(virtualServices, 'books', 'reviews', patch, false);
    await client.patch(virtualServices, 'books', 'reviews', patch, true);

    const path = '/apis/networking.istio.io/v1/namespaces/books/virtualservices/reviews';
    expect(requests).toEqual([
      { url: `${path}?fieldManager=shiftbot`, type: 'application/json-patch+json', body: patch },
      { url: `${path}?dryRun=All&fieldManager=shiftbot`, type: 'application/json-patch+json', body: patch },
    ]);
  });

  it('reuses connections', async () => {
    const ports = new Set<number | undefined>();
    const client = await clientOfStub((request, response) => {
      ports.add(request.socket.remotePort);
      answer(response, 200, {});
    });

    for (let times = 0; times < 20; times += 1) await client.get(virtualServices, 'default', 'reviews');

    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

function answer(response: ServerResponse, code: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

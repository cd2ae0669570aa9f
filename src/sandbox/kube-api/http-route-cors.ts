import { headerName } from './gateway-api-words.ts';
import { flag, integer, list, object, rule, type Schema, string, word } from './schema.ts';

/** A set of at most this many values; `*` stands alone in it where it has a name. */
export function setOf(items: Schema, maxItems: number, name?: string, others = 'methods'): Schema {
  const starAlone = (self: readonly string[]) => !(self.includes('*') && self.length > 1);
  const rules = name === undefined ? [] : [rule(`${name} cannot contain '*' alongside other ${others}`, starAlone)];
  return list(items, { maxItems, listType: 'set', rules });
}

const origin = string({
  minLength: 1,
  maxLength: 253,
  pattern: /(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)/,
  patternText: String.raw`(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)`,
});

export const cors = object({
  allowCredentials: flag,
  allowHeaders: setOf(headerName, 64, 'AllowHeaders'),
  allowMethods: setOf(
    word('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', '*'),
    9,
    'AllowMethods',
  ),
  allowOrigins: setOf(origin, 64, 'AllowOrigins', 'origins'),
  exposeHeaders: setOf(headerName, 64),
  maxAge: integer({ format: 'int32', minimum: 1, default: 5 }),
});

import { object, type Rule, rule, string, word } from './schema.ts';

interface PathModifier {
  readonly type: string;
  readonly replaceFullPath?: string;
  readonly replacePrefixMatch?: string;
}

const replacement = string({ maxLength: 1024 });

export const pathModifier = object(
  {
    replaceFullPath: replacement,
    replacePrefixMatch: replacement,
    type: word('ReplaceFullPath', 'ReplacePrefixMatch'),
  },
  {
    required: ['type'],
    rules: [
      ...pathModifierRules('replaceFullPath', 'ReplaceFullPath'),
      ...pathModifierRules('replacePrefixMatch', 'ReplacePrefixMatch'),
    ],
  },
);

function pathModifierRules(field: 'replaceFullPath' | 'replacePrefixMatch', type: string): readonly Rule[] {
  return [
    rule<PathModifier>(
      `${field} must be specified when type is set to '${type}'`,
      (self) => self.type !== type || self[field] !== undefined,
    ),
    rule<PathModifier>(
      `type must be '${type}' when ${field} is set`,
      (self) => self[field] === undefined || self.type === type,
    ),
  ];
}

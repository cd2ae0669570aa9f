import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { field } from '../object.ts';
import { customResources } from './read.ts';
import { trimmed } from './trim.ts';

// `node src/sandbox/kube-api/crds/import.ts FILE…` replaces the definitions in this folder by those in files with published CRDs.

for (const file of process.argv.slice(2)) {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const published: unknown = document.toJS();
    if (field(published, 'kind') !== 'CustomResourceDefinition') continue;
    const { name, definition } = trimmed(published);
    if (customResources.includes(name)) {
      writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify(definition)}\n`);
    }
  }
}

/**
 * Puts xmllint (Debian's libxml2-utils) into .tools/xmllint: the independent judge of what `protobridge xsd` writes.
 *
 *   node scripts/get-xmllint.mjs
 */
import { getFromDebian } from './debian.mjs'

getFromDebian({ name: 'xmllint', packages: ['libxml2-utils'], binary: 'usr/bin/xmllint', probe: ['--version'] })

/** YAML 1.1's merge key, which 1.2 does not have: here it is a key like any other. */
export const MERGE_KEY = '<<'

/** What to do where `<<` is no known key: whoever writes it wants something merged, and no other name is near. */
export const MERGE_KEY_ADVICE =
  'nothing is merged: write out what it stands for; an alias (*name) stands for a whole value'

/** A worker in which one other codec competes. The page starts one for each, so that none waits for another. */

import {Contest} from './rivals/best_within.js';
import {serve} from './remote.js';

let contest;

serve({
  /** @see Contest */
  setPicture(name, rgb, size) {
    contest = new Contest(name, rgb, size);
  },

  /** @see Contest.within */
  within(bytes, headersCount) {
    return contest.within(bytes, headersCount);
  },
});

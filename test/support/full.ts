/** Whether long cases run at their full numbers: `npm run test:full` sets `TEST_FULL=1`. */
export const full = process.env.TEST_FULL === '1'

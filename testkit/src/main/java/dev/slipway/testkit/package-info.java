/** Suites and tolerances that the tests of every backend share. */
package dev.slipway.testkit;

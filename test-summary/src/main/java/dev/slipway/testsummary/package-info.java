/**
 * One line per module about the tests that ran, failed and were skipped, with the reasons. Stands on the class path of
 * every module's tests and is found through {@code META-INF/services}; nothing else depends on it.
 */
package dev.slipway.testsummary;

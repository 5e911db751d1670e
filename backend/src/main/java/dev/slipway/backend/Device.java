package dev.slipway.backend;

/**
 * What kernels run on.
 *
 * @param kind the backend's name
 * @param description for people: the processor's name
 * @param fingerprint everything that tuned code and measured times depend on; a plan's tuned section serves where it is
 *     equal
 */
public record Device(String kind, int ordinal, String description, String fingerprint) {}

package dev.slipway.runtime;

import java.util.List;

/**
 * Neighbouring steps that a program may run at the same time: all of those from {@code first} to {@code end}, shared
 * out among threads. Steps of one part run in order on one thread; none depends on a step of another part.
 *
 * @param first step
 * @param end behind the last step
 * @param parts indices of steps, ascending in each part
 */
record StepGroup(int first, int end, List<int[]> parts) {}

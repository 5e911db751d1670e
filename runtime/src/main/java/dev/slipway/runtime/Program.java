package dev.slipway.runtime;

import dev.slipway.tensor.ValueType;
import java.util.List;

/**
 * A graph for inputs of known shapes, as steps with places in memory. Immutable and shared by contexts; each
 * {@link ProgramInstance} has memory of its own.
 *
 * @param inputs types of the graph's inputs
 * @param groups steps that may run at the same time, in order
 * @param outputs where the graph's outputs are, in order
 * @param ownOutputs bytes of each output that has memory of its own, 0 for the others
 * @param liveBytes of the workspace that are in use at each step
 * @param slots number of values that are made while the program runs
 */
record Program(
    List<ValueType> inputs,
    List<Step> steps,
    List<StepGroup> groups,
    List<String> outputNames,
    List<Operand> outputs,
    long[] ownOutputs,
    long workspaceBytes,
    long[] liveBytes,
    int slots) {}

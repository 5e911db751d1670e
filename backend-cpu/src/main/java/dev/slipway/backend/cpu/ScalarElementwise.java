package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Expression;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An elementwise expression over contiguous float32 operands that broadcast to a contiguous output, a range of the
 * output at a time. {@code Input(RESULT)} is what the output held before. Immutable and thread-safe.
 */
final class ScalarElementwise {
  private final boolean plain;
  private final ScalarProgram program;
  private final long[] dims;
  private final long[][] strides;

  /**
   * @param expression over the ports of the request and {@code Input(RESULT)}
   */
  ScalarElementwise(KernelRequest request, Expression expression) {
    plain = expression.equals(Expression.input(FusedGroup.RESULT));
    program = ScalarProgram.of(expression);
    long[] output = request.output().shape().known();
    List<Integer> ports = AnchoredGroup.ports(expression);
    List<long[]> operands = ports.stream().map(port -> strides(request, port, output)).toList();
    List<Integer> ends = ends(output, operands);
    dims = new long[ends.size()];
    strides = new long[request.inputs().size()][];
    int axis = 0;
    for (int i = 0; i < dims.length; i++) {
      dims[i] = 1;
      for (; axis <= ends.get(i); axis++) {
        dims[i] *= output[axis];
      }
    }
    for (int i = 0; i < operands.size(); i++) {
      long[] steps = operands.get(i);
      strides[ports.get(i)] = ends.stream().mapToLong(end -> steps[end]).toArray();
    }
  }

  /** Elements that an operand moves along each axis of the output. */
  private static long[] strides(KernelRequest request, int port, long[] output) {
    long[] own = request.input(port).shape().known();
    long[] steps = new long[output.length];
    long step = 1;
    for (int i = own.length - 1; i >= 0; i--) {
      steps[output.length - own.length + i] = own[i] == 1 ? 0 : step;
      step *= own[i];
    }
    return steps;
  }

  /** The last axis of each run of axes that all operands walk through as one. */
  private static List<Integer> ends(long[] output, List<long[]> operands) {
    List<Integer> ends = new ArrayList<>();
    for (int axis = 0; axis < output.length; axis++) {
      int inner = axis + 1;
      boolean joins = inner < output.length;
      for (long[] steps : operands) {
        joins = joins && steps[axis] == steps[inner] * output[inner];
      }
      if (!joins) {
        ends.add(axis);
      }
    }
    return ends;
  }

  /** Whether the expression leaves the output as it is. */
  boolean isPlain() {
    return plain;
  }

  /** Computes the elements of the output from one to another, exclusive. */
  void run(KernelArguments arguments, long from, long to) {
    if (plain) {
      return;
    }
    double[][] registers = ScalarScratch.own().registers(program.registers(), ScalarProgram.BLOCK);
    long run = dims.length == 0 ? 1 : dims[dims.length - 1];
    long output = arguments.output().address();
    long element = from;
    while (element < to) {
      long first = element;
      int count = (int) Math.min(ScalarProgram.BLOCK, Math.min(to - first, run - first % run));
      program.run((port, values, n) -> load(arguments, port, first, values, n), registers, count);
      double[] result = registers[0];
      for (int i = 0; i < count; i++) {
        AddressSpace.set(output + (first + i) * Float.BYTES, (float) result[i]);
      }
      element += count;
    }
  }

  private void load(KernelArguments arguments, int port, long element, double[] values, int count) {
    if (port == FusedGroup.RESULT) {
      read(arguments.output().address() + element * Float.BYTES, values, count);
      return;
    }
    long offset = 0;
    long rest = element;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      offset += rest % dims[axis] * strides[port][axis];
      rest /= dims[axis];
    }
    long address = arguments.input(port).address() + offset * Float.BYTES;
    if (dims.length == 0 || strides[port][dims.length - 1] == 0) {
      Arrays.fill(values, 0, count, AddressSpace.get(address));
    } else {
      read(address, values, count);
    }
  }

  private static void read(long address, double[] values, int count) {
    for (int i = 0; i < count; i++) {
      values[i] = AddressSpace.get(address + (long) i * Float.BYTES);
    }
  }
}

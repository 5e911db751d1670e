package dev.slipway.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.slipway.backend.FusedGroup;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Writes {@link TransformKernel}s over the Vector API, one class for each {@link TransformSpec}. */
final class TransformKernelGenerator {
  private static final MethodTypeDesc RUN =
      MethodTypeDesc.of(CD_void, CD_long, CD_long, CD_long, CD_long, CD_long, CD_long, CD_long, CD_int);
  private static final Map<TransformSpec, TransformKernel> KERNELS = new ConcurrentHashMap<>();

  private final TransformSpec spec;
  private final LinearTransform transform;
  private final CodeBuilder code;
  private final VectorCode vector;
  private final int inputs;
  private final int offset;
  private final int inputStep;
  private final int output;
  private final int outputStride;
  private final int outputStep;
  private final int bias;
  private final int count;
  private final Map<Float, Integer> constants = new HashMap<>();

  /** The kernel of a specification. Thread-safe. */
  static TransformKernel kernel(TransformSpec spec) {
    return KERNELS.computeIfAbsent(
        spec,
        s ->
            KernelClasses.define(
                TransformKernel.class, "VectorTransform", RUN, code -> new TransformKernelGenerator(s, code).emit()));
  }

  private TransformKernelGenerator(TransformSpec spec, CodeBuilder code) {
    this.spec = spec;
    this.code = code;
    transform = spec.transform();
    vector = new VectorCode(code, spec.vectorBits());
    inputs = code.parameterSlot(0);
    offset = code.parameterSlot(1);
    inputStep = code.parameterSlot(2);
    output = code.parameterSlot(3);
    outputStride = code.parameterSlot(4);
    outputStep = code.parameterSlot(5);
    bias = code.parameterSlot(6);
    count = code.parameterSlot(7);
  }

  private void emit() {
    int[] from = new int[transform.inputs()];
    for (int i = 0; i < from.length; i++) {
      from[i] = vector.longLocal();
      vector.loadLong(vector.masked(inputs), (long) i * Long.BYTES);
      code.lload(offset).ladd().lstore(from[i]);
    }
    int[] to = new int[transform.outputs().size()];
    for (int k = 0; k < to.length; k++) {
      to[k] = vector.longLocal();
      code.lload(output).lload(outputStride).loadConstant((long) k).lmul().ladd().lstore(to[k]);
    }
    transform.steps().forEach(step -> declare(step.factor()));
    int added = spec.biased() ? local(() -> vector.load(vector.masked(bias), 0)) : -1;
    ExpressionCode expression = new ExpressionCode(spec.activation(), code, vector);
    vector.loop(
        0,
        count,
        _ -> {
          int[] values = values(from);
          for (int k = 0; k < to.length; k++) {
            int value = values[transform.outputs().get(k)];
            if (spec.biased()) {
              code.aload(value).aload(added);
              vector.binary("add");
              code.astore(value);
            }
            code.aload(expression.evaluate(Map.of(FusedGroup.RESULT, value)));
            vector.store(vector.masked(to[k]), 0);
          }
          advance(from, inputStep);
          advance(to, outputStep);
        });
    code.return_();
  }

  /** Locals with all values of one time. */
  private int[] values(int[] from) {
    int[] values = new int[from.length + transform.steps().size()];
    for (int i = 0; i < from.length; i++) {
      int address = from[i];
      values[i] = local(() -> vector.load(vector.masked(address), 0));
    }
    for (int i = 0; i < transform.steps().size(); i++) {
      LinearTransform.Step step = transform.steps().get(i);
      values[from.length + i] = local(() -> step(step, values));
    }
    return values;
  }

  /** -> the vector that a step computes. */
  private void step(LinearTransform.Step step, int[] values) {
    if (step.addend() == LinearTransform.NONE) {
      code.aload(values[step.value()]).aload(constants.get(step.factor()));
      vector.binary("mul");
    } else if (Math.abs(step.factor()) == 1) {
      code.aload(values[step.addend()]).aload(values[step.value()]);
      vector.binary(step.factor() > 0 ? "add" : "sub");
    } else {
      code.aload(values[step.value()]).aload(constants.get(step.factor())).aload(values[step.addend()]);
      vector.fma();
    }
  }

  private void declare(float factor) {
    if (Math.abs(factor) != 1) {
      constants.computeIfAbsent(factor, value -> local(() -> vector.constant(value)));
    }
  }

  private void advance(int[] addresses, int step) {
    for (int address : addresses) {
      code.lload(address).lload(step).ladd().lstore(address);
    }
  }

  /** A new local with the vector that the code leaves on the stack. */
  private int local(Runnable push) {
    int local = vector.vectorLocal();
    push.run();
    code.astore(local);
    return local;
  }
}

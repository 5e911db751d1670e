package dev.slipway.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Writes {@link PointwiseKernel}s, one class for each {@link PointwiseSpec}. */
final class PointwiseKernelGenerator {
  private static final MethodTypeDesc RUN =
      MethodTypeDesc.of(CD_void, CD_long, CD_long, CD_long, CD_long, CD_long, CD_long, CD_long, CD_int);
  private static final Map<PointwiseSpec, PointwiseKernel> KERNELS = new ConcurrentHashMap<>();

  private final PointwiseSpec spec;
  private final CodeBuilder code;
  private final VectorCode vector;
  private final int output;
  private final int count;
  private final int vectorBytes;
  private final int lanes;
  private final Map<Integer, Integer> fixed = new HashMap<>();
  private final Map<Integer, Integer> moving = new LinkedHashMap<>();
  private final ExpressionCode expression;

  /** The kernel of a specification. Thread-safe. */
  static PointwiseKernel kernel(PointwiseSpec spec) {
    return KERNELS.computeIfAbsent(
        spec,
        s ->
            KernelClasses.define(
                PointwiseKernel.class, "VectorPointwise", RUN, code -> new PointwiseKernelGenerator(s, code).emit()));
  }

  private PointwiseKernelGenerator(PointwiseSpec spec, CodeBuilder code) {
    this.spec = spec;
    this.code = code;
    vector = new VectorCode(code, spec.vectorBits());
    vectorBytes = spec.vectorBits() / Byte.SIZE;
    lanes = spec.vectorBits() / Float.SIZE;
    output = code.parameterSlot(PointwiseSpec.MAX_OPERANDS);
    count = code.parameterSlot(PointwiseSpec.MAX_OPERANDS + 1);
    expression = new ExpressionCode(spec.expression(), code, vector);
  }

  private void emit() {
    for (int i = 0; i < spec.operands().size(); i++) {
      int address = code.parameterSlot(i);
      switch (spec.operands().get(i)) {
        case ADVANCE -> moving.put(i, address);
        case VECTOR -> fixed.put(i, local(() -> vector.load(vector.masked(address), 0)));
        case SCALAR -> fixed.put(i, local(() -> vector.broadcast(vector.masked(address), 0)));
      }
    }
    int vectors = vector.intLocal();
    code.iload(count).loadConstant(lanes).idiv().istore(vectors);
    vector.loop(
        0,
        vectors,
        _ -> {
          Map<Integer, Integer> inputs = new HashMap<>(fixed);
          moving.forEach((port, address) -> inputs.put(port, local(() -> vector.load(vector.masked(address), 0))));
          code.aload(expression.evaluate(inputs));
          vector.store(vector.masked(output), 0);
          moving.values().forEach(address -> vector.advance(address, vectorBytes));
          vector.advance(output, vectorBytes);
        });
    rest();
    code.return_();
  }

  /** The elements behind the last whole vector: a loop of at most one pass. */
  private void rest() {
    int rest = vector.intLocal();
    int passes = vector.intLocal();
    code.iload(count).loadConstant(lanes).irem().istore(rest);
    code.iload(rest).loadConstant(lanes - 1).iadd().loadConstant(lanes).idiv().istore(passes);
    vector.loop(
        0,
        passes,
        _ -> {
          int mask = vector.firstLanesOf(rest);
          Map<Integer, Integer> inputs = new HashMap<>(fixed);
          moving.forEach(
              (port, address) -> inputs.put(port, local(() -> vector.loadMasked(vector.masked(address), 0, mask))));
          code.aload(expression.evaluate(inputs));
          vector.storeMasked(vector.masked(output), 0, mask);
        });
  }

  /** A new local with the vector that the code leaves on the stack. */
  private int local(Runnable push) {
    int local = vector.vectorLocal();
    push.run();
    code.astore(local);
    return local;
  }
}

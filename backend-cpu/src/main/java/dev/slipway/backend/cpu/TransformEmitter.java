package dev.slipway.backend.cpu;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Emits a {@link LinearTransform} over vectors as machine code, again and again in one function. Values live in
 * registers from their computation to their last use, results until they are stored; constants that find no register
 * are read from memory.
 */
final class TransformEmitter {
  private final VectorEmitter vector;
  private final Assembler assembler;
  private final LinearTransform transform;
  private final FreeRegisters free;
  private final int[] lastUse;
  private final Map<Float, VectorRegister> constants = new HashMap<>();
  private VectorRegister[] values = {};

  /** What is done with a result in a register, which stays the transform's. */
  interface Store {
    void accept(int output, VectorRegister value);
  }

  /**
   * @param reserved registers that stores take, from the first on
   */
  TransformEmitter(VectorEmitter vector, LinearTransform transform, int reserved) {
    this(vector, transform, registers(vector.isa(), reserved, values(vector.isa(), transform)));
    int next = reserved + values(vector.isa(), transform);
    for (LinearTransform.Step step : transform.steps()) {
      float magnitude = Math.abs(step.factor());
      if (magnitude != 1 && !constants.containsKey(magnitude) && next < vector.isa().registers()) {
        constants.put(magnitude, vector.isa().register(next));
        next++;
      }
    }
  }

  private TransformEmitter(VectorEmitter vector, LinearTransform transform, FreeRegisters free) {
    this.vector = vector;
    this.transform = transform;
    this.free = free;
    assembler = vector.assembler();
    lastUse = new int[transform.inputs() + transform.steps().size()];
    for (int i = 0; i < transform.steps().size(); i++) {
      LinearTransform.Step step = transform.steps().get(i);
      lastUse[step.value()] = i;
      if (step.addend() != LinearTransform.NONE) {
        lastUse[step.addend()] = i;
      }
    }
  }

  /** So many registers from a first one on. */
  static FreeRegisters registers(Isa isa, int first, int count) {
    return new FreeRegisters(IntStream.range(first, first + count).mapToObj(isa::register).toList());
  }

  /** How many registers the values take. */
  private static int values(Isa isa, LinearTransform transform) {
    FreeRegisters counting = FreeRegisters.counting(isa.register(0));
    VectorEmitter nowhere = VectorEmitter.of(isa, new Assembler());
    new TransformEmitter(nowhere, transform, counting).emit(_ -> Address.of(Gpr.RAX), (_, _) -> {});
    return counting.mostTaken();
  }

  /** Emits what has to stand ahead of the loops around transforms. */
  void prepare() {
    constants.forEach((value, register) -> vector.fill(register, value));
  }

  /** Emits one transform of inputs in memory. */
  void emit(IntFunction<Address> inputs, Store store) {
    values = new VectorRegister[lastUse.length];
    for (int i = 0; i < transform.steps().size(); i++) {
      LinearTransform.Step step = transform.steps().get(i);
      load(step.addend(), inputs);
      load(step.value(), inputs);
      int result = transform.inputs() + i;
      values[result] = compute(step, i);
      int output = transform.outputs().indexOf(result);
      if (output >= 0) {
        store.accept(output, values[result]);
        free.release(values[result]);
      }
    }
  }

  private void load(int value, IntFunction<Address> inputs) {
    if (value != LinearTransform.NONE && value < transform.inputs() && values[value] == null) {
      values[value] = free.take();
      assembler.vmovups(values[value], inputs.apply(value));
    }
  }

  /** Emits a step into the register of an operand that it is the last to use, or a new one. */
  private VectorRegister compute(LinearTransform.Step step, int index) {
    VectorRegister value = values[step.value()];
    boolean valueDies = lastUse[step.value()] == index;
    if (step.addend() == LinearTransform.NONE) {
      VectorRegister d = valueDies ? value : free.take();
      assembler.vmulps(d, value, constant(step.factor()));
      return d;
    }
    VectorRegister addend = values[step.addend()];
    boolean addendDies = lastUse[step.addend()] == index;
    if (addendDies && valueDies) {
      free.release(value);
    }
    VectorRegister d = addendDies ? addend : valueDies ? value : free.take();
    if (Math.abs(step.factor()) == 1) {
      add(d, addend, value, step.factor());
    } else if (valueDies && !addendDies) {
      multiplyInto(d, addend, step.factor());
    } else {
      vector.move(d, addend);
      addProduct(d, value, step.factor());
    }
    return d;
  }

  private void add(VectorRegister d, VectorRegister addend, VectorRegister value, float sign) {
    if (sign > 0) {
      assembler.vaddps(d, addend, value);
    } else {
      assembler.vsubps(d, addend, value);
    }
  }

  /** {@code d = addend + factor * d}. */
  private void multiplyInto(VectorRegister d, VectorRegister addend, float factor) {
    if (factor > 0) {
      assembler.vfmadd132ps(d, addend, constant(factor));
    } else {
      assembler.vfnmadd132ps(d, addend, constant(-factor));
    }
  }

  /** {@code d = d + factor * value}. */
  private void addProduct(VectorRegister d, VectorRegister value, float factor) {
    if (factor > 0) {
      assembler.vfmadd231ps(d, value, constant(factor));
    } else {
      assembler.vfnmadd231ps(d, value, constant(-factor));
    }
  }

  private Operand constant(float value) {
    VectorRegister register = constants.get(value);
    return register == null ? vector.constant(value) : register;
  }
}

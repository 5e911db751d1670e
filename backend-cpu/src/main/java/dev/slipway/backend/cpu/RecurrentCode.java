package dev.slipway.backend.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes the machine code of a {@link RecurrentKernel}: for each vector of hidden units the products of all its gates,
 * then their functions and the next state, without a way through memory.
 */
final class RecurrentCode {
  private static final Gpr GATES = Gpr.RDI;
  private static final Gpr WEIGHTS = Gpr.RSI;
  private static final Gpr PEEPHOLES = Gpr.RDX;
  private static final Gpr BEFORE = Gpr.RCX;
  private static final Gpr AFTER = Gpr.R8;
  private static final Gpr STATE = Gpr.R9;
  private static final Gpr SOURCE = Gpr.RAX;
  private static final Gpr STEPS_LEFT = Gpr.R10;
  private static final Gpr BLOCKS_LEFT = Gpr.R11;
  private static final Gpr VECTOR = Gpr.RBX;
  private static final List<Gpr> MOVING = List.of(GATES, WEIGHTS, BEFORE, AFTER, STATE);

  /** Sums at a time: enough that none waits for the one before. */
  private static final int SUMS = 8;

  private final RecurrentSpec spec;
  private final Isa isa;
  private final Assembler code = new Assembler();
  private final VectorEmitter vector;
  private final int bytes;

  /** A function of one of the first four registers, in place. */
  private interface Activation {
    VectorRegister of(FunctionEmitter functions, VectorRegister x);
  }

  private RecurrentCode(Isa isa, RecurrentSpec spec) {
    this.isa = isa;
    this.spec = spec;
    vector = VectorEmitter.of(isa, code);
    bytes = isa.vectorBytes();
  }

  /** The code of a kernel with the arguments gates, weights, peepholes, before, after and state. */
  static byte[] of(Isa isa, RecurrentSpec spec) {
    return new RecurrentCode(isa, spec).emit();
  }

  private byte[] emit() {
    code.push(VECTOR);
    code.mov(VECTOR, BEFORE);
    switch (spec.cell()) {
      case LSTM -> eachBlock(List.of(0, 1, 2, 3), this::lstm);
      case GRU_LINEAR_BEFORE_RESET -> eachBlock(List.of(0, 1, 2, 3), this::linearBeforeReset);
      case GRU -> {
        MOVING.forEach(code::push);
        code.push(STATE);
        eachBlock(List.of(0, 1), this::reset);
        code.pop(VECTOR);
        MOVING.reversed().forEach(code::pop);
        eachBlock(List.of(3), this::resetState);
      }
    }
    code.pop(VECTOR);
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  /** Sums of some gates, each in the register of its number, then what becomes of them. */
  private void eachBlock(List<Integer> gates, Runnable cell) {
    code.mov(BLOCKS_LEFT, spec.blocks());
    Label block = code.here();
    multiply(gates);
    for (int gate : gates.reversed()) {
      vector.move(gate(gate), isa.register(gates.indexOf(gate)));
      code.vaddps(gate(gate), gate(gate), inMemory(GATES, gate));
    }
    cell.run();
    code.add(GATES, GateProduct.GATES * bytes);
    code.add(PEEPHOLES, GateProduct.GATES * bytes);
    List.of(BEFORE, AFTER, STATE).forEach(units -> code.add(units, bytes));
    code.dec(BLOCKS_LEFT);
    code.j(Condition.NOT_EQUAL, block);
  }

  private VectorRegister gate(int gate) {
    return isa.register(gate);
  }

  private Address inMemory(Gpr gates, int gate) {
    return Address.of(gates, gate * bytes);
  }

  private void multiply(List<Integer> gates) {
    int together = SUMS / gates.size();
    for (int i = 0; i < SUMS; i++) {
      vector.zero(isa.register(i));
    }
    code.mov(SOURCE, VECTOR);
    if (spec.hidden() >= together) {
      code.mov(STEPS_LEFT, spec.hidden() / together);
      Label steps = code.here();
      steps(gates, together);
      code.dec(STEPS_LEFT);
      code.j(Condition.NOT_EQUAL, steps);
    }
    steps(gates, spec.hidden() % together);
    for (int half = SUMS / 2; half >= gates.size(); half /= 2) {
      for (int i = 0; i < half; i++) {
        code.vaddps(isa.register(i), isa.register(i), isa.register(half + i));
      }
    }
  }

  /** Some elements of the vector, each to sums of its own. */
  private void steps(List<Integer> gates, int count) {
    if (count == 0) {
      return;
    }
    VectorRegister input = isa.register(SUMS);
    for (int step = 0; step < count; step++) {
      code.vbroadcastss(input, Address.of(SOURCE, step * Float.BYTES));
      for (int i = 0; i < gates.size(); i++) {
        VectorRegister sum = isa.register(step * gates.size() + i);
        code.vfmadd231ps(sum, input, inMemory(WEIGHTS, step * GateProduct.GATES + gates.get(i)));
      }
    }
    code.add(SOURCE, count * Float.BYTES);
    code.add(WEIGHTS, count * GateProduct.GATES * bytes);
  }

  private void lstm() {
    VectorRegister input = gate(0);
    VectorRegister output = gate(1);
    VectorRegister forget = gate(2);
    VectorRegister candidate = gate(3);
    if (spec.peepholes()) {
      peep(input, 0, Address.of(STATE));
      peep(forget, 2, Address.of(STATE));
      apply(FunctionEmitter::sigmoid, List.of(input, forget));
    } else {
      apply(FunctionEmitter::sigmoid, List.of(input, output, forget));
    }
    apply(FunctionEmitter::tanh, List.of(candidate));
    code.vmulps(candidate, candidate, input);
    code.vfmadd231ps(candidate, forget, Address.of(STATE));
    vector.store(Address.of(STATE), candidate);
    if (spec.peepholes()) {
      peep(output, 1, candidate);
      apply(FunctionEmitter::sigmoid, List.of(output));
    }
    apply(FunctionEmitter::tanh, List.of(candidate));
    code.vmulps(output, output, candidate);
    vector.store(Address.of(AFTER), output);
  }

  private void peep(VectorRegister gate, int index, Operand cell) {
    VectorRegister weight = isa.register(GateProduct.GATES);
    vector.load(weight, inMemory(PEEPHOLES, index));
    code.vfmadd231ps(gate, weight, cell);
  }

  private void linearBeforeReset() {
    apply(FunctionEmitter::sigmoid, List.of(gate(0), gate(1)));
    code.vfmadd231ps(gate(2), gate(1), gate(3));
    update(gate(2));
  }

  private void reset() {
    apply(FunctionEmitter::sigmoid, List.of(gate(0), gate(1)));
    vector.store(inMemory(GATES, 0), gate(0));
    code.vmulps(gate(1), gate(1), Address.of(BEFORE));
    vector.store(Address.of(STATE), gate(1));
  }

  private void resetState() {
    vector.load(gate(0), inMemory(GATES, 0));
    code.vaddps(gate(3), gate(3), inMemory(GATES, 2));
    update(gate(3));
  }

  /** (1 - z) tanh(hidden) + z h. */
  private void update(VectorRegister hidden) {
    apply(FunctionEmitter::tanh, List.of(hidden));
    VectorRegister h = isa.register(GateProduct.GATES);
    vector.load(h, Address.of(BEFORE));
    code.vsubps(h, h, hidden);
    code.vfmadd231ps(hidden, h, gate(0));
    vector.store(Address.of(AFTER), hidden);
  }

  /** Applies a function to registers of gates: with registers enough to all at once. */
  private void apply(Activation function, List<VectorRegister> gates) {
    int together = isa == Isa.AVX512 ? gates.size() : 1;
    List<VectorRegister> free =
        IntStream.range(GateProduct.GATES, isa.registers()).mapToObj(isa::register).toList();
    int each = free.size() / together;
    Runnable[] pieces = new Runnable[gates.size()];
    Arrays.setAll(pieces, i -> () -> {
      int part = i % together;
      FreeRegisters own = new FreeRegisters(free.subList(part * each, (part + 1) * each));
      vector.move(gates.get(i), function.of(new FunctionEmitter(vector.stream(part), own), gates.get(i)));
    });
    if (together == 1) {
      List.of(pieces).forEach(Runnable::run);
    } else {
      code.interleave(List.of(pieces));
    }
  }
}

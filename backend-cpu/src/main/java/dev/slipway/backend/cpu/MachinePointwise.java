package dev.slipway.backend.cpu;

import dev.slipway.backend.cpu.PointwiseSpec.Motion;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** {@link PointwiseKernel}s in machine code. */
final class MachinePointwise implements PointwiseKernel {
  /** Calls with at most so many elements are over long before a garbage collection that waits for them is late. */
  private static final int BRIEF = 1 << 15;

  private final MachineCode code;

  /** The kernel of a specification that is supported. */
  MachinePointwise(Isa isa, PointwiseSpec spec, GeneratedCode codes) {
    code = codes.get("pointwise " + isa + " " + spec, () -> code(isa, spec));
  }

  /** Whether the expression has machine code that needs no more registers than there are. */
  static boolean supports(Isa isa, PointwiseSpec spec) {
    return spec.vectorBits() == isa.vectorBits()
        && ExpressionEmitter.supports(spec.expression())
        && Emission.registers(isa, spec) <= isa.registers();
  }

  static byte[] code(Isa isa, PointwiseSpec spec) {
    return new Emission(isa, spec).code();
  }

  @Override
  public void run(
      long operand0,
      long operand1,
      long operand2,
      long operand3,
      long operand4,
      long operand5,
      long output,
      int count) {
    if (count <= BRIEF) {
      code.runBriefly(operand0, operand1, operand2, operand3, operand4, operand5, output, count);
    } else {
      code.run(operand0, operand1, operand2, operand3, operand4, operand5, output, count);
    }
  }

  /** Loops over several vectors at once and over single ones, then one masked pass over the rest. */
  private static final class Emission {
    private static final List<Gpr> OPERANDS = List.of(Gpr.RDI, Gpr.RSI, Gpr.RDX, Gpr.RCX, Gpr.R8, Gpr.R9);
    private static final int LOOP_ALIGNMENT = 32;
    private static final Gpr OUTPUT = Gpr.RAX;
    private static final Gpr COUNT = Gpr.R10;

    /** Bytes that are done, of what advances. */
    private static final Gpr OFFSET = Gpr.R11;

    private final Isa isa;
    private final PointwiseSpec spec;
    private final Assembler code = new Assembler();
    private final VectorEmitter vector;

    /** Registers of the operands; of those that advance only used for the rest. */
    private final List<VectorRegister> inputs;
    private final Register mask;
    private final ExpressionStreams streams;

    Emission(Isa isa, PointwiseSpec spec) {
      this.isa = isa;
      this.spec = spec;
      vector = VectorEmitter.of(isa, code);
      int operands = spec.operands().size();
      inputs = IntStream.range(0, operands).mapToObj(isa::register).toList();
      mask = vector.laneMask(MaskRegister.K1, isa.register(operands));
      List<VectorRegister> free =
          IntStream.range(operands + 1, isa.registers()).mapToObj(isa::register).toList();
      int count = ExpressionStreams.count(spec.expression(), intermediates(isa, spec), free.size());
      streams = new ExpressionStreams(vector, free, count);
    }

    static int registers(Isa isa, PointwiseSpec spec) {
      return spec.operands().size() + 1 + intermediates(isa, spec);
    }

    private static int intermediates(Isa isa, PointwiseSpec spec) {
      return Math.max(
          ExpressionEmitter.scratchRegisters(isa, spec.expression(), true),
          ExpressionEmitter.scratchRegisters(isa, spec.expression(), false));
    }

    byte[] code() {
      code.mov(OUTPUT, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
      code.mov(COUNT, Address.of(Gpr.RSP, MachineCode.ARGUMENT_7));
      each(Motion.VECTOR, port -> vector.load(inputs.get(port), Address.of(OPERANDS.get(port))));
      each(Motion.SCALAR, port -> vector.load(inputs.get(port), Address.of(OPERANDS.get(port)).bcst()));
      code.zero(OFFSET);
      Label end = new Label();
      if (streams.count() > 1) {
        wholeVectors(streams.count());
      }
      wholeVectors(1);
      code.test(COUNT, COUNT);
      code.j(Condition.EQUAL, end);
      rest();
      code.bind(end);
      code.vzeroupper();
      code.ret();
      return code.code();
    }

    /** A loop over so many vectors at once, as often as they fit. */
    private void wholeVectors(int vectors) {
      Label end = new Label();
      code.sub(COUNT, vectors * isa.lanes());
      code.j(Condition.LESS, end);
      code.align(LOOP_ALIGNMENT);
      Label loop = code.here();
      streams.each(vectors, (stream, i) -> {
        int displacement = i * isa.vectorBytes();
        VectorRegister result =
            stream.expressions().evaluate(spec.expression(), port -> input(port, displacement));
        vector.store(at(OUTPUT, displacement), result);
        stream.scratch().release(result);
      });
      code.add(OFFSET, vectors * isa.vectorBytes());
      code.sub(COUNT, vectors * isa.lanes());
      code.j(Condition.GREATER_OR_EQUAL, loop);
      code.bind(end);
      code.add(COUNT, vectors * isa.lanes());
    }

    private void rest() {
      Gpr unused = Gpr.RBX;
      code.push(unused);
      vector.firstLanes(mask, COUNT, unused);
      code.pop(unused);
      each(Motion.ADVANCE, port -> vector.load(inputs.get(port), at(OPERANDS.get(port), 0), mask));
      streams.each(1, (stream, _) -> {
        VectorRegister result = stream.expressions().evaluate(spec.expression(), inputs::get);
        vector.store(at(OUTPUT, 0), result, mask);
        stream.scratch().release(result);
      });
    }

    private Operand input(int port, int displacement) {
      return spec.operands().get(port) == Motion.ADVANCE ? at(OPERANDS.get(port), displacement) : inputs.get(port);
    }

    private static Address at(Gpr base, int displacement) {
      return Address.of(base, OFFSET, 1, displacement);
    }

    private void each(Motion motion, IntConsumer port) {
      IntStream.range(0, spec.operands().size()).filter(i -> spec.operands().get(i) == motion).forEach(port);
    }
  }
}

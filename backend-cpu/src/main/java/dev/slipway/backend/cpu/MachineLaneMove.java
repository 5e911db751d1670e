package dev.slipway.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@link LaneMove} in machine code: code that all moves share, and a table of lanes and of bits that are kept. */
final class MachineLaneMove implements LaneMove {
  private static final Gpr FROM = Gpr.RDI;
  private static final Gpr TO = Gpr.RSI;
  private static final Gpr BYTES = Gpr.RDX;
  private static final Gpr TABLE = Gpr.RCX;
  private static final Gpr AT = Gpr.RAX;

  private final MachineCode place;
  private final MachineCode merge;
  private final int vectorBytes;
  private final MemorySegment table;

  /** @param sources for each lane of the target that of the source, or {@link #NOT_TAKEN} */
  MachineLaneMove(Isa isa, GeneratedCode codes, int[] sources) {
    place = codes.get("place lanes " + isa, () -> assemble(isa, false));
    merge = codes.get("merge lanes " + isa, () -> assemble(isa, true));
    vectorBytes = isa.vectorBytes();
    table = Arena.ofAuto().allocate(2L * vectorBytes, Memory.ALIGNMENT);
    for (int i = 0; i < sources.length; i++) {
      boolean isTaken = sources[i] != NOT_TAKEN;
      table.setAtIndex(ValueLayout.JAVA_INT, i, isTaken ? sources[i] : 0);
      table.setAtIndex(ValueLayout.JAVA_INT, sources.length + i, isTaken ? -1 : 0);
    }
  }

  @Override
  public void place(long from, long to, int vectors) {
    run(place, from, to, vectors);
  }

  @Override
  public void merge(long from, long to, int vectors) {
    run(merge, from, to, vectors);
  }

  private void run(MachineCode loop, long from, long to, int vectors) {
    if (vectors > 0) {
      loop.run(from, to, (long) vectors * vectorBytes, table.address(), 0, 0, 0, 0);
    }
  }

  private static byte[] assemble(Isa isa, boolean merges) {
    Assembler asm = new Assembler();
    VectorRegister lanes = isa.register(0);
    VectorRegister taken = isa.register(1);
    VectorRegister value = isa.register(2);
    VectorRegister kept = isa.register(3);
    asm.vmovups(lanes, Address.of(TABLE, 0));
    asm.vmovups(taken, Address.of(TABLE, isa.vectorBytes()));
    asm.zero(AT);
    Label next = asm.here();
    asm.vpermps(value, lanes, Address.of(FROM, AT, 1, 0));
    asm.vandps(value, value, taken);
    if (merges) {
      asm.vandnps(kept, taken, Address.of(TO, AT, 1, 0));
      asm.vorps(value, value, kept);
    }
    asm.vmovups(Address.of(TO, AT, 1, 0), value);
    asm.add(AT, isa.vectorBytes());
    asm.cmp(AT, BYTES);
    asm.j(Condition.BELOW, next);
    asm.vzeroupper();
    asm.ret();
    return asm.code();
  }
}

package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Bytes of machine code with labels and, behind the code, constants. */
abstract sealed class CodeBuffer permits InstructionEncoder {
  /** The recommended multi-byte forms of NOP (Intel SDM volume 2, NOP), by length from 1. */
  private static final String[] NOPS = {
    "90", "6690", "0f1f00", "0f1f4000", "0f1f440000", "660f1f440000", "0f1f8000000000", "0f1f840000000000",
    "660f1f840000000000"
  };

  /** Constants begin at a multiple of this, so that a vector of them lies in one cache line. */
  private static final int POOL_ALIGNMENT = 64;

  private final List<Reference> references = new ArrayList<>();
  private final Map<List<Integer>, Label> literals = new LinkedHashMap<>();

  /** Where instructions of the piece begin that is to be interleaved; empty elsewhere. */
  private final List<Integer> starts = new ArrayList<>();

  private byte[] bytes = new byte[1024];
  private int size;

  /** A displacement of 32 bits, relative to {@code end}, which is to become the label's. */
  private record Reference(int at, int end, Label label, int displacement) {
    Reference movedBy(int distance) {
      return new Reference(at + distance, end + distance, label, displacement);
    }
  }

  /** Bytes so far. */
  final int size() {
    return size;
  }

  /** The label stands for the place that is reached now. */
  final void bind(Label label) {
    if (!starts.isEmpty()) {
      throw new IllegalStateException("label in a piece that is interleaved (expected: straight code)");
    }
    label.bind(size);
  }

  /** A new label that stands for the place that is reached now. */
  final Label here() {
    Label label = new Label();
    bind(label);
    return label;
  }

  /** Fills with NOPs up to a multiple of so many bytes. */
  final void align(int multiple) {
    int gap = Math.ceilDiv(size, multiple) * multiple - size;
    while (gap > 0) {
      int length = Math.min(gap, NOPS.length);
      for (byte b : HexFormat.of().parseHex(NOPS[length - 1])) {
        emit(b);
      }
      gap -= length;
    }
  }

  /** One float in memory, for broadcasts; equal ones are shared. */
  final Address literal(float value) {
    return literal(value, 1);
  }

  /** The float in every lane of a vector in memory; equal ones are shared. */
  final Address literal(float value, int lanes) {
    return literals(Collections.nCopies(lanes, Float.floatToRawIntBits(value)));
  }

  /** 32-bit words in memory, at a multiple of their size; equal ones are shared. */
  final Address literals(List<Integer> words) {
    Label label = new Label();
    Label known = literals.putIfAbsent(List.copyOf(words), label);
    return Address.of(known == null ? label : known);
  }

  /** The finished code: constants appended, labels resolved. */
  final byte[] code() {
    appendLiterals();
    for (Reference reference : references) {
      int offset = reference.label().position() + reference.displacement() - reference.end();
      writeInt(reference.at(), offset);
    }
    return Arrays.copyOf(bytes, size);
  }

  /**
   * Emits pieces of straight code, an instruction of each in turn. None may write what another uses, the flags
   * included.
   */
  final void interleave(List<Runnable> pieces) {
    if (pieces.size() == 1) {
      pieces.getFirst().run();
      return;
    }
    int begin = size;
    int firstReference = references.size();
    List<List<Integer>> bounds = new ArrayList<>();
    for (Runnable piece : pieces) {
      starts.clear();
      starts.add(size);
      piece.run();
      beginInstruction();
      bounds.add(List.copyOf(starts));
    }
    starts.clear();
    NavigableMap<Integer, Integer> moves = takeTurns(bounds, Arrays.copyOfRange(bytes, begin, size), begin);
    for (int i = firstReference; i < references.size(); i++) {
      Reference reference = references.get(i);
      references.set(i, reference.movedBy(moves.floorEntry(reference.at()).getValue()));
    }
  }

  /** Puts instructions into their new order; gives for each old place how far it moved. */
  private NavigableMap<Integer, Integer> takeTurns(List<List<Integer>> bounds, byte[] straight, int begin) {
    NavigableMap<Integer, Integer> moves = new TreeMap<>();
    int to = begin;
    for (int turn = 1; to < size; turn++) {
      for (List<Integer> piece : bounds) {
        if (turn < piece.size()) {
          int from = piece.get(turn - 1);
          int length = piece.get(turn) - from;
          System.arraycopy(straight, from - begin, bytes, to, length);
          moves.put(from, to - from);
          to += length;
        }
      }
    }
    return moves;
  }

  /** What is emitted from here on is another instruction. */
  final void beginInstruction() {
    if (!starts.isEmpty() && starts.getLast() < size) {
      starts.add(size);
    }
  }

  final void emit(int value) {
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * size);
    }
    bytes[size++] = (byte) value;
  }

  final void emitInt(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      emit(value >> shift);
    }
  }

  final void emitLong(long value) {
    emitInt((int) value);
    emitInt((int) (value >> Integer.SIZE));
  }

  /**
   * Four bytes that become the distance to a label.
   *
   * @param trailing bytes of the instruction behind them
   */
  final void emitReference(Label label, int displacement, int trailing) {
    references.add(new Reference(size, size + Integer.BYTES + trailing, label, displacement));
    emitInt(0);
  }

  private void appendLiterals() {
    List<Map.Entry<List<Integer>, Label>> unbound = new ArrayList<>();
    for (Map.Entry<List<Integer>, Label> literal : literals.entrySet()) {
      if (!literal.getValue().isBound()) {
        unbound.add(literal);
      }
    }
    if (unbound.size() > 1) {
      unbound.sort((a, b) -> b.getKey().size() - a.getKey().size());
    }
    for (Map.Entry<List<Integer>, Label> literal : unbound) {
      append(literal.getKey(), literal.getValue());
    }
  }

  private void append(List<Integer> words, Label label) {
    int alignment = Math.min(POOL_ALIGNMENT, Integer.highestOneBit(words.size() * Integer.BYTES));
    while (size % alignment != 0) {
      emit(0);
    }
    bind(label);
    for (int word : words) {
      emitInt(word);
    }
  }

  private void writeInt(int at, int value) {
    for (int i = 0; i < Integer.BYTES; i++) {
      bytes[at + i] = (byte) (value >> Byte.SIZE * i);
    }
  }
}

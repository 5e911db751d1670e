package dev.slipway.backend.cpu;

import java.util.Locale;

/** Operands as GNU as reads them in AT&amp;T syntax. */
final class AttSyntax {
  private static final String[] LOW_HALVES = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};

  private AttSyntax() {}

  static String register(Gpr r) {
    return "%" + r.name().toLowerCase(Locale.ROOT);
  }

  static String lowHalf(Gpr r) {
    return "%" + (r.number() < 8 ? LOW_HALVES[r.number()] : "r" + r.number() + "d");
  }

  static String register(MaskRegister k) {
    return "%" + k.name().toLowerCase(Locale.ROOT);
  }

  static String register(VectorRegister v) {
    String name = v.bits() == 128 ? "x" : v.bits() == 256 ? "y" : "z";
    return "%" + name + "mm" + v.number() + mask(v.mask()) + (v.zeroing() ? "{z}" : "");
  }

  static String mask(MaskRegister mask) {
    return mask == MaskRegister.K0 ? "" : "{" + register(mask) + "}";
  }

  /**
   * @param label the name of the label where the address refers to one
   * @param elements in a vector, for a broadcast
   */
  static String memory(Address address, String label, int elements) {
    String suffix = (address.isBroadcast() ? "{1to" + elements + "}" : "") + mask(address.mask());
    if (address.label().isPresent()) {
      return label + "+" + address.displacement() + "(%rip)" + suffix;
    }
    String displacement = address.displacement() == 0 ? "" : Integer.toString(address.displacement());
    String index = address.isIndexed() ? "," + register(address.index()) + "," + address.scale() : "";
    return displacement + "(" + register(address.base()) + index + ")" + suffix;
  }
}

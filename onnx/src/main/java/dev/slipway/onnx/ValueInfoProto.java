package dev.slipway.onnx;

import java.util.Optional;

/** A name and, where the file declares it, its type. */
record ValueInfoProto(String name, Optional<TypeProto> type) {

  static ValueInfoProto read(WireReader in) {
    String name = "";
    Optional<TypeProto> type = Optional.empty();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.string();
        case 2 -> type = TypeProto.read(in.message());
        default -> in.skip();
      }
    }
    return new ValueInfoProto(name, type);
  }
}

package dev.slipway.builder;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects why nodes were treated as they were. */
final class Reasons {
  private final Map<String, Set<String>> byNode = new LinkedHashMap<>();

  void add(String node, String reason) {
    byNode.computeIfAbsent(node, key -> new LinkedHashSet<>()).add(reason);
  }

  Map<String, List<String>> byNode() {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    byNode.forEach((node, reasons) -> copy.put(node, new ArrayList<>(reasons)));
    return Collections.unmodifiableMap(copy);
  }
}

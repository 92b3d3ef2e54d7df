# SPDX-License-Identifier: MIT
# Applies one mutant of mutants.list to a header:  awk -v mutant=NAME -f mutate.awk mutants.list cow.h
# Texts are plain, not patterns. Fails loudly when a text is no longer there.
function value() { return substr($0, index($0, ":") + 2) }
function change(line, from, to,   at) {
    at = index(line, from)
    return substr(line, 1, at - 1) to substr(line, at + length(from))
}
FNR == NR {
    if ($1 == "mutant:") current = $2
    if (current != mutant) next
    if ($1 == "in:") place = value()
    if ($1 == "from:") from[++changes] = value()
    if ($1 == "to:") to[changes] = value()
    next
}
!inside && index($0, place) { first = 1 }
!inside && first && /\{/ { inside = 1; found++; first = 0 } # its head may be longer than a line
/;$/ { first = 0 } # a declaration, or a call
inside && done < changes && index($0, from[done + 1]) { done++; $0 = change($0, from[done], to[done]) }
inside && (/^}/ || /\{.*\}$/) { inside = 0 } # one-line functions end at once
{ print }
END {
    if (!changes) problem = "no such mutant"
    else if (found != 1) problem = "found " found + 0 " functions named: " place
    else if (done != changes) problem = "text is gone: " from[done + 1]
    if (problem) { print "mutate: " mutant ": " problem > "/dev/stderr"; exit 1 }
}

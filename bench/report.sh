#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the report a person reads:  bench/report.sh results.tsv report.html [words]
# One HTML file with everything inside: tables by awk, plots by gnuplot as inline SVG, no script, nothing fetched from elsewhere.
set -eu
results=$1
report=$2
words=${3:-}
here=$(dirname "$0")
plots=$(dirname "$report")/plots
mkdir -p "$plots"

# The last row of a key counts. Kept in the order in which the keys first came.
latest=$plots/latest.tsv
awk -F '\t' 'NR > 1 {
    key = $1 FS $2 FS $3 FS $4 FS $5 FS $6
    if (!(key in row)) order[++count] = key
    row[key] = $0
} END { for (i = 1; i <= count; i++) print row[order[i]] }' "$results" >"$latest"

# The words of the newest run, and the records of the table: rows of other inputs do not belong into the same table.
n_words=$(awk -F '\t' '$1 == "snapshot" || $1 == "snapshot_str" { n = $4 } END { print n + 0 }' "$results")
n_rows=$(awk -F '\t' '$1 == "snapshot_paged" { n = $4 } END { print n + 0 }' "$results")
n_records=$(awk -F '\t' '$1 == "snapshot_map" { n = $4 } END { print n + 0 }' "$results")
n_of() { # suite
    case $1 in
    snapshot_map) echo "$n_records" ;;
    snapshot_paged) echo "$n_rows" ;;
    *) echo "$n_words" ;;
    esac
}

html() {
    sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
}

# ---- data for gnuplot: one line a group, one column a peer ----

array_peers='cow raw std qt stb'
string_peers='cow libc std qt glib'
map_peers='cow absl std qt glib imrc clojure'
cell_peers='cow plain std rwlock arcswap urcu urcucall qsbr qsbrcall ck_epoch ck_hp java cowal'
snapshot_peers='cow rwlock qt fork java'
table_peers='cow qt fork clojure'
rows_peers='cow fork copy'
fork_peers='cow fork fork_huge fork_split'
paged_peers='cow bare fork fork_huge fork_split memcpy live'

# pivot peers divisor < rows "label<TAB>peer<TAB>value". A peer without any value gets no column.
pivot() {
    awk -F '\t' -v peers="$1" -v divisor="$2" '
    { if (!($1 in seen)) { seen[$1] = 1; order[++rows] = $1 } value[$1, $2] = $3 / divisor; present[$2] = 1 }
    END {
        count = split(peers, all, " "); line = "label"
        for (i = 1; i <= count; i++) if (all[i] in present) { peer[++columns] = all[i]; line = line "\t" all[i] }
        print line
        for (r = 1; r <= rows; r++) {
            line = "\"" order[r] "\""
            for (i = 1; i <= columns; i++) line = line "\t" (((order[r], peer[i]) in value) ? value[order[r], peer[i]] : "NaN")
            print line
        }
    }'
}

# The peers of a data file, and the number of its last column.
columns_of() { head -n 1 "$plots/$1.dat" | cut -f 2- | tr '\t' ' '; }
last_column() { columns_of "$1" | awk '{ print NF + 1 }'; }

array_rows() { # awk condition on the case
    awk -F '\t' '$1 == "array" && $6 == "time" && ('"$1"') {
        label = $2; if ($2 == "push") label = "push " ($4 >= 1e6 ? "1e6" : "1e3")
        if ($2 == "set" || $2 == "set_hoisted" || $2 == "sum") label = $2 " " ($4 >= 1e5 ? "1e5" : "1e3")
        if ($5 > 1) label = label ", 2 threads"
        gsub(/_/, " ", label)
        print label "\t" $3 "\t" $8 }' "$latest"
}

string_rows() { # awk condition on the case
    awk -F '\t' '$1 == "string" && $6 == "time" && ('"$1"') {
        label = $2; if ($2 == "append16" || $2 == "append_char") label = $2 " " ($4 >= 1e6 ? "1e6" : $4 >= 1e5 ? "1e5" : "1e3")
        if ($2 == "copy100" && $5 > 1) label = label ", 2 threads"
        gsub(/_/, " ", label)
        print label "\t" $3 "\t" $8 }' "$latest"
}

map_rows() { # suite, awk condition on the case
    awk -F '\t' -v suite="$1" '$1 == suite && $4 == 100000 && $5 == 1 && $6 == "time" && ('"$2"') {
        label = $2; gsub(/_/, " ", label)
        print label "\t" $3 "\t" $8 }' "$latest"
}

# One case of a suite over the number of entries; sorted, because a later run may add a size in between.
map_curve() { # suite, case
    awk -F '\t' -v suite="$1" -v name="$2" '$1 == suite && $2 == name && $5 == 1 && $6 == "time" { print $4 "\t" $3 "\t" $8 }' "$latest" |
        sort -n | pivot "$map_peers" 1 | tr -d '"'
}

cell_rows() { # awk condition on the case
    awk -F '\t' '$1 == "cell" && $6 == "time" && ('"$1"') {
        label = $2; gsub(/_/, " ", label)
        if ($2 == "replace" || $2 == "replace_beside") label = label " " ($4 >= 1e5 ? "1e5" : $4 >= 1000 ? "1e3" : $4)
        else if ($2 == "writer_p99") label = label ", " ($5 - 1) " readers"
        else if ($2 !~ /beside/) label = label ", " $5
        print label "\t" $3 "\t" $8 }' "$latest"
}

snapshot_rows() { # metric, awk condition [suite]
    awk -F '\t' -v metric="$1" -v n="$(n_of "${3:-snapshot}")" -v suite="${3:-snapshot}" '$1 == suite && $6 == metric && $4 == n && ('"$2"') {
        label = toupper($2); sub(/_/, " ", label); print label "\t" $3 "\t" $8 }' "$latest"
}

# What suite paged wrote before a cut: the case, and what the plots call it.
paged_cuts='clean:0 100:100 s1:1% s10:10% s50:50% dirty:all'

# How many bytes the regions of cuts have.
paged_sizes() { awk -F '\t' '$1 == "paged" && $2 ~ /^pause_/ { print $4 }' "$latest" | sort -nu; }

# One metric of the cuts of one size, over what was written; in microseconds.
paged_over_dirty() { # metric, bytes
    for cut in $paged_cuts; do
        awk -F '\t' -v name="pause_${cut%:*}" -v label="${cut#*:}" -v metric="$1" -v bytes="$2" \
            '$1 == "paged" && $2 == name && $4 == bytes && $6 == metric { print label "\t" $3 "\t" $8 }' "$latest"
    done | pivot "$fork_peers" 1000
}

# The same of one cut, over the sizes.
paged_over_size() { # metric, cut
    awk -F '\t' -v name="pause_$2" -v metric="$1" '$1 == "paged" && $2 == name && $6 == metric { print $4 "\t" $3 "\t" $8 }' "$latest" |
        sort -n | awk -F '\t' '{ mib = $1 / 1048576; print (mib >= 1024 ? mib / 1024 " GiB" : mib " MiB") "\t" $2 "\t" $3 }' |
        pivot "$fork_peers" 1000
}

array_rows '$2 !~ /append|push_front|detach_1m|detach_64m|set_snapshot/' | pivot "$array_peers" 1 >"$plots/operations.dat"
array_rows '$2 ~ /push_front|detach_1m|detach_64m|set_snapshot/' | pivot "$array_peers" 1000 >"$plots/copies.dat"
awk -F '\t' '$1 == "array" && $2 == "append_snapshot" && $5 == 1 && $6 == "time" { print $4 "\t" $3 "\t" $8 }' "$latest" |
    pivot "$array_peers" 1 | tr -d '"' >"$plots/append.dat"
string_rows '$2 ~ /^(literal|copy|append16|append_literal|append_char|slice|eq|hash)/' | pivot "$string_peers" 1 >"$plots/strings.dat"
string_rows '$2 ~ /^(split|join|parse|append_int|append_double)/' | pivot "$string_peers" 1 >"$plots/fields.dat"
string_rows '$2 ~ /^(find|replace|to_upper|utf8)/' | pivot "$string_peers" 1000 >"$plots/texts.dat"
for suite in map_u64 map_str; do
    map_rows $suite '$2 ~ /^(bulk|hit|miss|iterate|erase|drop|persist_insert|persist_erase|snap1000|snap10)$/' |
        pivot "$map_peers" 1 >"$plots/$suite.dat"
    for name in hit bulk persist_insert; do
        map_curve $suite $name >"$plots/${suite}_$name.dat"
    done
done
cell_rows '$2 ~ /^(borrow|strong|cached)/' | pivot "$cell_peers" 1 >"$plots/cell_reads.dat"
cell_rows '$2 ~ /^(replace|writer)/' | pivot "$cell_peers" 1 >"$plots/cell_writes.dat"
for metric in pause cycle_cpu; do
    for bytes in $(paged_sizes); do
        paged_over_dirty $metric "$bytes" >"$plots/paged_${metric}_$bytes.dat"
    done
    for cut in $paged_cuts; do
        paged_over_size $metric "${cut%:*}" >"$plots/paged_${metric}_${cut%:*}.dat"
    done
done
snapshot_rows time '1' snapshot_str | pivot "$snapshot_peers" 1 >"$plots/str_scan.dat"
snapshot_rows take_drop '1' snapshot_str | pivot "$snapshot_peers" 1 >"$plots/str_take.dat"
snapshot_rows throughput '1' snapshot_str | pivot "$snapshot_peers" 1 >"$plots/str_throughput.dat"
for metric in time take_drop throughput copied; do
    snapshot_rows $metric '1' snapshot_map | pivot "$table_peers" 1 >"$plots/table_$metric.dat"
done
for metric in throughput take extra time; do
    snapshot_rows $metric '1' snapshot_paged | pivot "$rows_peers" "$(case $metric in take) echo 1000 ;; extra) echo 1024 ;; *) echo 1 ;; esac)" >"$plots/rows_$metric.dat"
done
for metric in latency_p50 latency_p99 latency_p999 latency_max; do
    snapshot_rows $metric '1' snapshot_paged | sed "s/^[^\t]*/&, $metric/; s/latency_//; s/p999/p99.9/"
done | sort -s -t , -k 1,1 | pivot "$rows_peers" 1000 >"$plots/rows_latency.dat"
for metric in save:'wall time' saver_cpu:'CPU, who saves' cycle_cpu:'CPU, with the writer'; do
    snapshot_rows "${metric%%:*}" '1' snapshot_paged | sed "s/^[^\t]*/${metric#*:}/"
done | pivot "$rows_peers" 1000000 >"$plots/rows_save.dat"
snapshot_rows time '1' | pivot "$snapshot_peers" 1 >"$plots/scan.dat"
snapshot_rows take_drop '1' | pivot "$snapshot_peers" 1 >"$plots/take.dat"
snapshot_rows throughput '1' | pivot "$snapshot_peers" 1 >"$plots/throughput.dat"
snapshot_rows copied '1' | pivot "$snapshot_peers" 1 >"$plots/copied.dat"
snapshot_rows peak_pss '1' | pivot "$snapshot_peers" 1024 >"$plots/pss.dat"
for readers in 0 1 2; do
    for metric in latency_p50 latency_p99 latency_p999 latency_max; do
        snapshot_rows $metric '$2 == "r'$readers'_k1"' | sed "s/^[^\t]*/$metric/; s/^latency_//; s/^p999/p99.9/"
    done | pivot "$snapshot_peers" 1000 >"$plots/latency_r$readers.dat"
done

# ---- plots ----

# A peer has the same colour in every plot.
style='
set terminal svg size 960,390 font "Helvetica,13" background "#ffffff"
set datafile separator "\t"
colour(peer) = peer eq "cow" ? 0x0b62a8 : peer eq "fork_huge" ? 0xd98a1f : peer eq "fork_split" ? 0x8e5bb5 : peer eq "raw" || peer eq "libc" || peer eq "rwlock" || peer eq "absl" || peer eq "copy" ? 0x9a9a9a : peer eq "plain" ? 0x444444 : peer eq "arcswap" ? 0xc94f4f : peer eq "urcu" ? 0x3c9a4e : peer eq "urcucall" ? 0x7cc48a : peer eq "qsbr" ? 0x2a8f8f : peer eq "qsbrcall" ? 0x7cc4c4 : peer eq "ck_epoch" ? 0x8e5bb5 : peer eq "ck_hp" ? 0xc3a2dd : peer eq "cowal" ? 0xd8c49a : peer eq "std" ? 0xd98a1f : peer eq "qt" ? 0x3c9a4e : peer eq "stb" || peer eq "glib" ? 0x8e5bb5 : peer eq "fork" || peer eq "imrc" ? 0xc94f4f : 0xb08d57
shape(peer) = peer eq "cow" ? 7 : peer eq "qt" || peer eq "fork_huge" ? 11 : peer eq "fork_split" ? 9 : peer eq "raw" || peer eq "rwlock" || peer eq "absl" ? 5 : peer eq "std" || peer eq "java" || peer eq "clojure" ? 9 : 13
set border 3 lc rgb "#888888"
set grid ytics lc rgb "#dddddd"
set tics nomirror
set key outside top center horizontal'

has_data() {
    [ "$(wc -l <"$plots/$1.dat")" -gt 1 ]
}

# bars name "y label" [linear, or where a logarithmic scale begins]: clustered bars
bars() {
    has_data "$1" || return 0
    scale='set logscale y; set format y "10^{%L}"'
    case ${3:-} in
    linear) scale='set yrange [0:*]' ;;
    ?*) scale="$scale; set yrange [$3:*]" ;;
    esac
    peers=$(columns_of "$1")
    gnuplot <<GNUPLOT
$style
$scale
set output "$plots/$1.svg"
set style data histograms
set style histogram clustered gap 1.5
set style fill solid 0.9 noborder
set boxwidth 0.92
set ylabel "$2"
set xtics rotate by 20 right scale 0
plot for [i=2:$(last_column "$1")] "$plots/$1.dat" using (column(i)):xtic(1) title columnheader(i) lc rgb colour(word("$peers", i-1))
GNUPLOT
}

lines_append() {
    has_data append || return 0
    gnuplot <<GNUPLOT
$style
set output "$plots/append.svg"
set logscale xy
set format xy "10^{%L}"
set xlabel "appends, n"
set ylabel "ns per append"
plot for [i=2:$(last_column append)] "$plots/append.dat" using 1:i with linespoints title columnheader(i) \
    lw 2 ps 0.7 pt shape(word("$(columns_of append)", i-1)) lc rgb colour(word("$(columns_of append)", i-1))
GNUPLOT
}

# Three panels, one for each number of readers; the legend stands above them all.
lines_latency() {
    has_data latency_r0 && has_data latency_r1 && has_data latency_r2 || return 0
    peers=$(columns_of latency_r0)
    curve='using 0:i:xtic(1) with linespoints title columnheader(i) lw 2 ps 0.7 pt shape(word("'$peers'", i-1)) lc rgb colour(word("'$peers'", i-1))'
    gnuplot <<GNUPLOT
$style
set output "$plots/latency.svg"
set multiplot layout 1,3 margins 0.08,0.99,0.10,0.80 spacing 0.03
set logscale y
set yrange [0.02:5e6]
set xrange [-0.3:3.3]
set format y "10^{%L}"
set ylabel "microseconds"
set title "no reader"
set key at screen 0.5,0.98 center top vertical maxrows 1 samplen 2 width 2
plot for [i=2:$(last_column latency_r0)] "$plots/latency_r0.dat" $curve
unset ylabel
set format y ""
unset key
set title "1 reader"
plot for [i=2:$(last_column latency_r1)] "$plots/latency_r1.dat" $curve
set title "2 readers"
plot for [i=2:$(last_column latency_r2)] "$plots/latency_r2.dat" $curve
unset multiplot
GNUPLOT
}

# One size is no curve.
has_curve() {
    [ "$(wc -l <"$plots/$1.dat")" -gt 2 ]
}

# Three panels, one a case, over the number of entries. A peer without the case leaves a gap; the legend is that of lookups, where
# all take part.
lines_map() { # suite
    has_curve "$1_hit" && has_curve "$1_bulk" && has_curve "$1_persist_insert" || return 0
    gnuplot <<GNUPLOT
$style
set output "$plots/$1_curve.svg"
set multiplot layout 1,3 margins 0.07,0.99,0.16,0.78 spacing 0.06
set logscale xy
set format xy "10^{%L}"
set xlabel "entries"
set ylabel "ns per operation"
set key at screen 0.5,0.98 center top vertical maxrows 1 samplen 2 width 2
$(map_panel "$1_hit" "look up")
unset ylabel
unset key
$(map_panel "$1_bulk" "insert, nothing shared")
$(map_panel "$1_persist_insert" "insert, every version kept until the next")
unset multiplot
GNUPLOT
}

map_panel() { # data, title
    printf 'set title "%s"\n' "$2"
    printf 'plot for [i=2:%s] "%s" using 1:i with linespoints title columnheader(i) lw 2 ps 0.7 ' "$(last_column "$1")" "$plots/$1.dat"
    printf 'pt shape(word("%s", i-1)) lc rgb colour(word("%s", i-1))\n' "$(columns_of "$1")" "$(columns_of "$1")"
}

# Where cow loses, as rectangles behind a panel: red where fork with 4 KiB pages takes less, yellow where only a fork of huge or split
# pages does.
losses() { # data
    awk -F '\t' '
    function less(peer) { return (peer in at) && $at[peer] != "NaN" && $at["cow"] + 0 > $at[peer] + 0 }
    NR == 1 { for (i = 2; i <= NF; i++) at[$i] = i; next }
    $at["cow"] == "NaN" { next }
    {
        colour = less("fork") ? "#f8d9d9" : less("fork_huge") || less("fork_split") ? "#fbf0cc" : ""
        if (colour != "")
            printf "set object rectangle from first %s, graph 0 to first %s, graph 1 fc rgb \"%s\" fs solid noborder behind\n", NR - 2.5, NR - 1.5, colour
    }' "$plots/$1.dat"
}

# The powers of ten that all values of some data lie between.
decades() { # data ...
    for data in "$@"; do sed 1d "$plots/$data.dat"; done | awk -F '\t' '
    function floor(x) { return x < int(x) ? int(x) - 1 : int(x) }
    {
        for (i = 2; i <= NF; i++) if ($i != "NaN" && $i > 0) {
            exponent = log($i) / log(10)
            if (!count || exponent < low) low = exponent
            if (!count++ || exponent > high) high = exponent
        }
    }
    END { if (count) printf "set yrange [1e%d:1e%d]\n", floor(low), floor(high) + 1 }'
}

losing_panel() { # data, title, categories
    printf 'unset object\n%s\nset xrange [-0.5:%s.5]\nset title "%s"\n' "$(losses "$1")" "$(($3 - 1))" "$2"
    printf 'plot for [i=2:%s] "%s" using 0:i:xtic(1) with linespoints title columnheader(i) lw 2 ps 0.7 ' "$(last_column "$1")" "$plots/$1.dat"
    printf 'pt shape(word("%s", i-1)) lc rgb colour(word("%s", i-1))\n' "$(columns_of "$1")" "$(columns_of "$1")"
}

# Panels over what was written, one a size, in one row. cow is in all data that has any: each case has it.
lines_over_dirty() { # metric
    panels=
    for bytes in $(paged_sizes); do
        has_data "paged_${1}_$bytes" && panels="$panels paged_${1}_$bytes"
    done
    [ -n "$panels" ] || return 0
    # shellcheck disable=SC2086 # names without blanks
    set -- "$1" $panels
    {
        printf '%s\nset output "%s"\n' "$style" "$plots/paged_${1}_dirty.svg"
        printf 'set multiplot layout 1,%s margins 0.08,0.99,0.15,0.80 spacing 0.02\n' $(($# - 1))
        printf 'set key at screen 0.5,0.98 center top vertical maxrows 1 samplen 2 width 2 noenhanced\n'
        printf 'set logscale y\nset format y "10^{%%L}"\nset ylabel "microseconds"\nset xlabel "pages written before"\n'
        shift
        decades "$@"
        for data in "$@"; do
            losing_panel "$data" "$(size_title "${data##*_}")" "$(($(wc -l <"$plots/$data.dat") - 1))"
            printf 'unset key\nunset ylabel\nset format y ""\n'
        done
        printf 'unset multiplot\n'
    } | gnuplot
}

# Panels over the size, one a cut, in two rows.
lines_over_size() { # metric
    panels=
    for cut in $paged_cuts; do
        has_curve "paged_${1}_${cut%:*}" && panels="$panels paged_${1}_${cut%:*}"
    done
    [ -n "$panels" ] || return 0
    # shellcheck disable=SC2086 # names without blanks
    set -- "$1" $panels
    {
        printf '%s\nset terminal svg size 960,620\nset output "%s"\n' "$style" "$plots/paged_${1}_size.svg"
        printf 'set multiplot layout 2,3 margins 0.08,0.99,0.07,0.88 spacing 0.02,0.12\n'
        printf 'set key at screen 0.5,0.99 center top vertical maxrows 1 samplen 2 width 2 noenhanced\nset logscale y\n'
        shift
        decades "$@"
        for data in "$@"; do
            case $data in *_clean | *_s10) printf 'set ylabel "microseconds"\nset format y "10^{%%L}"\n' ;; esac
            losing_panel "$data" "$(cut_title "${data##*_}")" "$(($(wc -l <"$plots/$data.dat") - 1))"
            printf 'unset key\nunset ylabel\nset format y ""\n'
        done
        printf 'unset multiplot\n'
    } | gnuplot
}

size_title() { # bytes
    mib=$(($1 / 1048576))
    if [ $mib -ge 1024 ]; then echo "$((mib / 1024)) GiB"; else echo "$mib MiB"; fi
}

cut_title() {
    case $1 in
    clean) echo 'nothing written' ;;
    dirty) echo 'all pages written' ;;
    100) echo '100 pages written' ;;
    *) echo "${1#s}% of the pages written, scattered" ;;
    esac
}

rm -f "$plots"/*.svg
bars operations "ns per operation"
bars copies "microseconds per operation"
bars scan "ns per element" linear
bars take "ns per snapshot"
bars throughput "appends per second"
bars copied "bytes per append"
bars pss "MiB" linear
bars str_scan "ns per element" linear
bars str_take "ns per snapshot"
bars str_throughput "appends per second"
bars table_time "ns per record" linear
bars table_take_drop "ns per snapshot"
bars table_throughput "edits per second"
bars table_copied "bytes per edit"
bars rows_throughput "edits per second"
bars rows_latency "microseconds" 1
bars rows_take "microseconds"
bars rows_time "ns per record" linear
bars rows_extra "MiB" linear
bars rows_save "milliseconds" linear
bars strings "ns per operation"
bars fields "ns per field, word or number"
bars texts "microseconds per text"
bars map_u64 "ns per operation"
bars map_str "ns per operation"
bars cell_reads "ns per read"
bars cell_writes "ns per replacement"
lines_append
lines_latency
lines_map map_u64
lines_map map_str
for metric in pause cycle_cpu; do
    lines_over_dirty $metric
    lines_over_size $metric
done

# ---- the page ----

figure() { # name, sentence
    [ -s "$plots/$1.svg" ] || return 0
    printf '<figure>\n'
    # Each plot is a document of its own; inside a page it needs neither prolog nor the same ids as its neighbours.
    sed -e '/^<?xml/d; /^<!DOCTYPE/,/>$/d' -e "s/gnuplot_plot_/$1_plot_/g; s/gp\(Dot\|Pt[0-9]*\)/$1_\1/g" "$plots/$1.svg"
    printf '<figcaption>%s</figcaption>\n</figure>\n' "$2"
}

cases_table() { # suite, its peers
    awk -F '\t' -v suite="$1" -v peers="$2" '
    function text(v) {
        return v >= 999500 ? sprintf("%.3gM", v / 1e6) : v >= 99950 ? sprintf("%.3gk", v / 1e3) : v < 0.9995 ? sprintf("%.3f", v) : v < 99.95 ? sprintf("%.2f", v) : sprintf("%.0f", v)
    }
    $1 == suite && ($6 == "time" || $6 == "memory" || $6 == "bytes") {
        row = ($6 == "memory" ? $2 " (bytes kept)" : $2) FS $4 FS $5
        if (!(row in seen)) { seen[row] = 1; order[++rows] = row }
        median[row, $3] = $8; low[row, $3] = $9; high[row, $3] = $10
    }
    END {
        count = split(peers, peer, " ")
        printf "<table><tr><th>case<th>n<th>threads"
        for (i = 1; i <= count; i++) printf "<th>%s", peer[i]
        for (i = 2; i <= count; i++) printf "<th>cow / %s", peer[i]
        print "</tr>"
        for (r = 1; r <= rows; r++) {
            split(order[r], field, FS)
            printf "<tr><td>%s<td>%s<td>%s", field[1], field[2], field[3]
            for (i = 1; i <= count; i++) {
                if ((order[r], peer[i]) in median)
                    printf "<td>%s<small>%s&ndash;%s</small>", text(median[order[r], peer[i]]), text(low[order[r], peer[i]]), text(high[order[r], peer[i]])
                else printf "<td>&ndash;"
            }
            for (i = 2; i <= count; i++) {
                if (((order[r], peer[i]) in median) && ((order[r], "cow") in median)) {
                    ratio = median[order[r], "cow"] / median[order[r], peer[i]]
                    printf "<td>%s", ratio < 0.01 ? sprintf("%.5f", ratio) : sprintf("%.2f", ratio)
                } else printf "<td>"
            }
            print "</tr>"
        }
        print "</table>"
    }' "$latest"
}

cell_part() {
    grep -q '^cell	' "$latest" || return 0
    cat <<HTML
<h2>Cells</h2>
<p>One variable that threads read and replace at the same time: an array of 64-bit numbers, which a reader adds up. A reader's figure
is the time of one read by one thread, counted only while all threads of the case had a CPU; the writer's is the time of one
replacement, with all that it leaves to be freed. <b>plain</b>: one load of a pointer, nothing is ever freed; <b>std</b>:
std::atomic&lt;std::shared_ptr&gt;; <b>rwlock</b>: std::vector under a pthread rwlock; <b>arcswap</b>: the crate arc-swap; <b>urcu</b>,
<b>qsbr</b>: liburcu, whose writer waits, or calls call_rcu; <b>ck_epoch</b>, <b>ck_hp</b>: Concurrency Kit; <b>java</b>:
AtomicReference; <b>cowal</b>: one element set in a CopyOnWriteArrayList.</p>
HTML
    figure cell_reads 'Nanoseconds per read, by one reader, two at once, or one beside a writer at full speed: lower is better; one grid line is a factor of ten.'
    figure cell_writes 'Nanoseconds per replacement, alone and beside a reader, and the 99th percentile of a writer among readers: lower is better; one grid line is a factor of ten.'
    printf '<div class="wide">\n'
    cases_table cell "$cell_peers"
    printf '</div>\n'
}

paged_table() {
    awk -F '\t' -v peers="$paged_peers" '
    function text(v) {
        return v >= 999500 ? sprintf("%.3gM", v / 1e6) : v >= 99950 ? sprintf("%.3gk", v / 1e3) : v < 0.9995 ? sprintf("%.3f", v) : v < 99.95 ? sprintf("%.2f", v) : sprintf("%.0f", v)
    }
    function title(metric, words, divisor) { called[metric] = words; by[metric] = divisor }
    BEGIN {
        title("time", "ns a page, or a write", 1); title("pause", "pause, us", 1e3); title("cycle_cpu", "CPU of the cycle, us", 1e3)
        title("live_refault", "live memory read again, us", 1e3); title("scan_cold", "first scan, us", 1e3); title("scan_warm", "second scan, us", 1e3)
        title("rewrite", "pages written again, us", 1e3); title("release", "release, us", 1e3); title("pss", "Pss, MiB", 1024)
        title("writes", "writes, 1000/s", 1e3); title("stall_p99", "p99 of a write, us", 1e3); title("stall_p999", "p99.9 of a write, us", 1e3)
        title("stall_max", "longest write, us", 1e3); title("snapshots", "snapshots verified, 1/s", 1); title("private", "pages more a page written", 1)
        title("extra", "more memory, KiB", 1024); title("unshared", "not shared, %", 0.01); title("held", "held by the snapshot, KiB", 1024)
    }
    $1 == "paged" {
        row = $4 FS $2 FS $6
        if (!(row in seen)) { seen[row] = 1; order[++rows] = row }
        median[row, $3] = $8; low[row, $3] = $9; high[row, $3] = $10
    }
    END {
        count = split(peers, peer, " ")
        printf "<table><tr><th>case<th>MiB<th>figure"
        for (i = 1; i <= count; i++) printf "<th>%s", peer[i]
        print "</tr>"
        for (r = 1; r <= rows; r++) {
            split(order[r], field, FS)
            d = (field[3] in by) ? by[field[3]] : 1
            printf "<tr><td>%s<td>%s<td>%s", field[2], field[1] / 1048576, (field[3] in called) ? called[field[3]] : field[3]
            for (i = 1; i <= count; i++) {
                if ((order[r], peer[i]) in median)
                    printf "<td>%s<small>%s&ndash;%s</small>", text(median[order[r], peer[i]] / d), text(low[order[r], peer[i]] / d), text(high[order[r], peer[i]] / d)
                else printf "<td>&ndash;"
            }
            print "</tr>"
        }
        print "</table>"
    }' "$latest"
}

paged_part() {
    grep -q '^paged	' "$latest" || return 0
    cat <<HTML
<h2>Paged regions: snapshots of live memory</h2>
<p>A region is memory that is written through plain pointers and frozen at a moment. <b>cow</b>: a snapshot with a view; <b>bare</b>: one
without; <b>fork</b>: fork() of private memory of 4 KiB pages, the child reads it; <b>fork_huge</b>, <b>fork_split</b>: the same of fresh huge pages, and
of huge pages that the kernel maps in pieces; <b>memcpy</b>: a copy of everything; <b>live</b>: the live region in place of a snapshot. The
<i>pause</i> is wall time on the thread that takes the snapshot. The <i>cycle</i> is all that comes of it: CPU time of all processes, system time
included, from the cut to the drop, in which the live region is read once, the snapshot twice, and the pages that were written are written again.
Every snapshot was verified.</p>
HTML
    losing='<span style="background:#f8d9d9">Red</span>: cow takes longer than fork with 4 KiB pages; <span style="background:#fbf0cc">yellow</span>: only a fork of huge or split pages takes less than cow.'
    figure paged_pause_dirty "The pause over what was written since the snapshot before, scattered over the region: lower is better; one grid line is a factor of ten. $losing"
    figure paged_pause_size "The same over the size of the region. $losing"
    figure paged_cycle_cpu_dirty "CPU time of the whole cycle over what was written: lower is better. $losing"
    figure paged_cycle_cpu_size "The same over the size of the region. $losing"
    printf '<div class="wide">\n'
    paged_table
    printf '</div>\n'
}

map_part() { # suite
    grep -q "^$1	" "$latest" || return 0
    if [ "$1" = map_u64 ]; then
        cat <<HTML
<h2>Maps: numbers as keys</h2>
<p>Keys and values are <code>uint64_t</code>, in random order. <b>absl</b>: flat_hash_map; <b>std</b>: std::unordered_map; <b>qt</b>: QHash;
<b>glib</b>: GHashTable; persistent ones: <b>imrc</b>: HashMap of im-rc, which counts without atomics, so that its maps cannot leave
their thread; <b>clojure</b>: PersistentHashMap, keys and values as objects. A peer that would copy everything has a dash. Rows named
<i>native</i> come from a build with -O3 -march=native. Rows named <i>bytes</i> are bytes of heap per entry.</p>
HTML
    else
        cat <<HTML
<h2>Maps: strings as keys</h2>
<p>Keys have 16 bytes: <b>cow</b>: cow_str, in the handle; <b>absl</b>, <b>std</b>: std::string, <b>qt</b>: QByteArray, <b>glib</b>:
char *, all allocated; <b>imrc</b>, <b>clojure</b>: String.</p>
HTML
    fi
    figure "$1" 'One hundred thousand entries, nanoseconds per operation: lower is better; one grid line is a factor of ten.'
    figure "$1_curve" 'The same over the number of entries: where a line rises, entries and nodes no longer fit into the next cache.'
    printf '<div class="wide">\n'
    cases_table "$1" "$map_peers"
    printf '</div>\n'
}

snapshot_table() { # metric, title, divisor, unit [suite [peers]]
    awk -F '\t' -v metric="$1" -v title="$2" -v divisor="$3" -v unit="$4" -v suite="${5:-snapshot}" -v peers="${6:-$snapshot_peers}" \
        -v n="$(n_of "${5:-snapshot}")" '
    function text(v) {
        v /= divisor
        return v >= 999500 ? sprintf("%.3gM", v / 1e6) : v >= 99950 ? sprintf("%.3gk", v / 1e3) : v < 0.9995 ? sprintf("%.3f", v) : v < 99.95 ? sprintf("%.2f", v) : sprintf("%.0f", v)
    }
    $1 == suite && $6 == metric && $4 == n {
        if (!($2 in seen)) { seen[$2] = 1; order[++rows] = $2 }
        median[$2, $3] = $8; low[$2, $3] = $9; high[$2, $3] = $10
    }
    END {
        if (!rows) exit
        count = split(peers, peer, " ")
        printf "<h3>%s <small>(%s)</small></h3><table><tr><th>readers<th>held", title, unit
        for (i = 1; i <= count; i++) printf "<th>%s", peer[i]
        print "</tr>"
        for (r = 1; r <= rows; r++) {
            split(order[r], part, "_")
            if (order[r] == "save") printf "<tr><td>saves<td>"
            else printf "<tr><td>%s<td>%s", substr(part[1], 2), substr(part[2], 2)
            for (i = 1; i <= count; i++) {
                if ((order[r], peer[i]) in median)
                    printf "<td>%s<small>%s&ndash;%s</small>", text(median[order[r], peer[i]]), text(low[order[r], peer[i]]), text(high[order[r], peer[i]])
                else printf "<td>&ndash;"
            }
            print "</tr>"
        }
        print "</table>"
    }' "$latest"
}

machine=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
cpus=$(nproc 2>/dev/null || echo '?')
compiler=$(${CC:-gcc} --version | head -n 1)
java_version='no Java'
if command -v java >/dev/null 2>&1; then
    java_version=$(java -version 2>&1 | head -n 1)
fi
qt_version=$(pkg-config --modversion Qt5Core 2>/dev/null || echo 'not here')

page() {
    cat <<HTML
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>cow: benchmark report</title>
<style>
body { font: 15px/1.5 system-ui, Helvetica, Arial, sans-serif; color: #222; max-width: 1020px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 1px solid #ccc; } h3 { margin-bottom: 0.3em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { text-align: right; padding: 2px 9px; border-bottom: 1px solid #e4e4e4; vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } tr:hover { background: #f4f8fb; }
td small { display: block; color: #888; font-size: 11px; } h3 small { color: #888; font-weight: normal; }
figure { margin: 1.5em 0; } figure svg { width: 100%; height: auto; } figcaption { color: #444; max-width: 60em; }
pre { font-size: 12px; overflow-x: auto; background: #f6f6f6; padding: 0.8em; }
.wide { overflow-x: auto; }
</style></head><body>
<h1>cow: benchmark report</h1>
<p>$(date '+%Y-%m-%d %H:%M') &middot; $(printf '%s' "$machine" | html), $cpus CPUs &middot; $(uname -sr | html) &middot;
$(printf '%s' "$compiler" | html), -O2 &middot; Qt $qt_version &middot; $(printf '%s' "$java_version" | html)</p>
<p>All peers ran in turn in the same rounds; a figure is the median over the rounds, the small line below it the least and the
largest. How each peer is driven, and what is not measured, is in <code>docs/design/bench.md</code>.</p>
HTML
    if [ "$n_words" -gt 0 ]; then
        cat <<HTML
<h2>Main job: snapshots of a growing word list</h2>
<p>$n_words words $([ -z "$words" ] || printf 'of <code>%s</code> ' "$(printf '%s' "$words" | html)")as 32-byte records, growing by append.
One writer; R readers that take a snapshot and sum it whole, again and again; K snapshots held, the oldest renewed after every
1,000 appends. Every scan's checksum was verified. With R = 2 there are more threads than a machine with 2 CPUs can run at once.
<b>cow</b>: typed array; <b>rwlock</b>: deep copy under a pthread rwlock; <b>qt</b>: QVector; <b>fork</b>: a forked child scans;
<b>java</b>: CopyOnWriteArrayList.</p>
HTML
        figure scan 'What a reader pays per element while it sums a snapshot: lower is better; all peers read the same records, so what differs is where they lie and who else uses the memory meanwhile.'
        figure take 'What a reader pays to get a snapshot and to give it back, waiting for the lock included: lower is better; a peer whose snapshot is a copy of everything pays for that copy here.'
        figure throughput 'How many words per second the writer appends when it does nothing else: higher is better; a peer that must copy after each snapshot falls as soon as there is a reader (R) or a held snapshot (K).'
        figure latency 'How late an append ends after the moment it was due, at 10,000 appends per second with one held snapshot: lower is better; a line near the top is a peer that cannot keep the pace, so that its queue grows until the time is over.'
        figure copied 'Bytes moved in memory per append of 32 bytes at full speed: lower is better; moves made by realloc count too, for fork the page faults of the writer count a page each.'
        figure pss 'The most memory in use at once, shared pages divided among those who share them, forked children included: lower is better; about 16 MiB in each C peer are the word table of the benchmark itself, and Java reserves its heap generously.'
        snapshot_table time 'Reader, per element scanned' 1 'ns'
        snapshot_table scans 'Whole scans, all readers together' 1 '1/s'
        snapshot_table take_drop 'Take and drop a snapshot, median; without readers: the held ones' 1 'ns'
        snapshot_table throughput 'Writer at full speed' 1 'appends/s'
        snapshot_table copied 'Copied per append at full speed' 1 'bytes'
        snapshot_table peak_pss 'Peak Pss' 1024 'MiB'
        snapshot_table latency_p50 'Append latency from the intended start, p50' 1000 'microseconds'
        snapshot_table latency_p99 'p99' 1000 'microseconds'
        snapshot_table latency_p999 'p99.9' 1000 'microseconds'
        snapshot_table latency_max 'Maximum' 1000 'microseconds'
        snapshot_table late 'Appends not done when the time was over' 1 'per thousand'
    fi
    if grep -q "^snapshot_str.*	$n_words	" "$latest"; then
        cat <<HTML
<h2>The same with strings</h2>
<p>The words as strings that each peer makes when it appends them. <b>cow</b>: typed array of cow_str; <b>rwlock</b>:
std::vector&lt;std::string&gt;, deep copies; <b>qt</b>: QVector&lt;QByteArray&gt;; <b>java</b>: CopyOnWriteArrayList&lt;String&gt;.
A scan reads length, first and last byte of every word, so it must go where the bytes are.</p>
HTML
        figure str_scan 'What a reader pays per word: lower is better; a peer whose words lie elsewhere follows a pointer for each.'
        figure str_take 'What a reader pays to get a snapshot and to give it back: lower is better.'
        figure str_throughput 'How many words per second the writer makes and appends: higher is better.'
        snapshot_table time 'Reader, per word scanned' 1 'ns' snapshot_str
        snapshot_table scans 'Whole scans, all readers together' 1 '1/s' snapshot_str
        snapshot_table take_drop 'Take and drop a snapshot, median; without readers: the held ones' 1 'ns' snapshot_str
        snapshot_table throughput 'Writer at full speed' 1 'appends/s' snapshot_str
        snapshot_table copied 'Copied per append at full speed' 1 'bytes' snapshot_str
        snapshot_table peak_pss 'Peak Pss' 1024 'MiB' snapshot_str
        snapshot_table latency_p50 'Append latency from the intended start, p50' 1000 'microseconds' snapshot_str
        snapshot_table latency_p99 'p99' 1000 'microseconds' snapshot_str
        snapshot_table latency_p999 'p99.9' 1000 'microseconds' snapshot_str
        snapshot_table latency_max 'Maximum' 1000 'microseconds' snapshot_str
        snapshot_table late 'Appends not done when the time was over' 1 'per thousand' snapshot_str
    fi
    if [ "$n_records" -gt 0 ]; then
        cat <<HTML
<h2>Snapshots of a table that is edited</h2>
<p>The $n_records records of the registry of network cards: a number of 24 bits leads to name, address and two counters. One writer
edits random records in place; R readers take a snapshot and read it whole, again and again; K snapshots are held, the oldest renewed
every 100 ms. Every scan's checksum was verified. <b>cow</b>: typed map; <b>qt</b>: QHash under a pthread rwlock; <b>fork</b>:
std::unordered_map, a forked child scans; <b>clojure</b>: persistent map in an atom.</p>
HTML
        figure table_throughput 'How many records per second the writer edits when it does nothing else: higher is better; a peer that must copy the table after each snapshot falls as soon as there is a reader (R) or a held snapshot (K).'
        figure table_take_drop 'What a reader pays to get a snapshot and to give it back, waiting for the lock included: lower is better; without readers what the held ones cost.'
        figure table_time 'What a reader pays per record, texts included: lower is better.'
        figure table_copied 'Bytes copied per edit at full speed: lower is better; for cow and clojure all memory that is allocated on the way, for fork the page faults of the writer.'
        table_of() { snapshot_table "$1" "$2" "$3" "$4" snapshot_map "$table_peers"; }
        table_of throughput 'Writer at full speed' 1 'edits/s'
        table_of time 'Reader, per record scanned' 1 'ns'
        table_of scans 'Whole scans, all readers together' 1 '1/s'
        table_of take_drop 'Take and drop a snapshot, median; without readers: the held ones' 1 'ns'
        table_of copied 'Copied per edit at full speed' 1 'bytes'
        table_of peak_pss 'Peak Pss' 1024 'MiB'
        table_of latency_p50 'Edit latency from the intended start, p50' 1000 'microseconds'
        table_of latency_p99 'p99' 1000 'microseconds'
        table_of latency_p999 'p99.9' 1000 'microseconds'
        table_of latency_max 'Maximum' 1000 'microseconds'
        table_of late 'Edits not done when the time was over' 1 'per thousand'
    fi
    if [ "$n_rows" -gt 0 ]; then
        cat <<HTML
<h2>Snapshots of memory that is edited, and saving it</h2>
<p>The registry again and again as $n_rows records of 256 bytes in plain memory of $((n_rows / 4096)) MiB. One writer edits random records under a
lock. R readers take a snapshot under the lock and read it whole, again and again; K snapshots are held, the oldest renewed every 100 ms. In
rows named <i>save</i> nobody reads: one thread takes a snapshot, writes it to a file (in memory, so that no disk is measured) and drops it.
Every scan&apos;s and every file&apos;s checksum was verified. <b>cow</b>: a paged region, saved without a view by cow_snap_write; <b>fork</b>: private memory of 4 KiB pages, a
forked child scans it, or saves it and ends, as the background save of Redis does; <b>copy</b>: a copy of it all, made under the lock, into memory
that is there already.</p>
HTML
        figure rows_throughput 'How many records per second the writer edits when it does nothing else: higher is better; R0 K0 is the writer alone.'
        figure rows_latency 'How late an edit ends after the moment it was due, at 10,000 edits per second: lower is better.'
        figure rows_take 'What taking a snapshot alone costs the thread that does it, waiting for the lock included: lower is better; the writer waits as long.'
        figure rows_time 'What a reader pays per record: lower is better; a snapshot is read once, so what its pages cost when they are first looked at is part of it.'
        figure rows_extra 'How much more memory there is at the worst moment than before the first snapshot, children included: lower is better.'
        figure rows_save 'One snapshot saved beside a writer at full speed: from taking to dropping it, CPU time of the thread or process that does that, and the same with what the writer needs more than alone for as many edits: lower is better.'
        rows_of() { snapshot_table "$1" "$2" "$3" "$4" snapshot_paged "$rows_peers"; }
        rows_of throughput 'Writer at full speed' 1 'edits/s'
        rows_of write_cpu 'CPU time of the writer per edit at full speed, system time included' 1 'ns'
        rows_of latency_p50 'Edit latency from the intended start, p50' 1000 'microseconds'
        rows_of latency_p99 'p99' 1000 'microseconds'
        rows_of latency_p999 'p99.9' 1000 'microseconds'
        rows_of latency_max 'Maximum' 1000 'microseconds'
        rows_of late 'Edits not done when the time was over' 1 'per thousand'
        rows_of take 'Take a snapshot, median; without readers: the held ones' 1000 'microseconds'
        rows_of take_drop 'Take and drop it' 1000 'microseconds'
        rows_of time 'Reader, per record scanned' 1 'ns'
        rows_of scans 'Whole scans, all readers together' 1 '1/s'
        rows_of save 'Take, write to a file and drop' 1e6 'ms'
        rows_of saver_cpu 'CPU time of the thread or process that does it' 1e6 'ms'
        rows_of cycle_cpu 'The same with what the writer needs more than alone' 1e6 'ms'
        rows_of copied 'Copied per edit at full speed' 1 'bytes'
        rows_of extra 'More memory than before the first snapshot' 1024 'MiB'
    fi
    if grep -q '^string' "$latest"; then
        cat <<HTML
<h2>String operations</h2>
<p>gcc -O2. <b>libc</b>: malloc, memcpy, memmem, strtod, snprintf, as a C programmer writes it; <b>std</b>: std::string; <b>qt</b>:
QByteArray; <b>glib</b>: GString. A dash is a case that a peer cannot do, or is not here to do.</p>
HTML
        figure strings 'Nanoseconds per operation: lower is better; one grid line is a factor of ten.'
        figure fields 'Fields of a CSV text of 10 MB made into values, words joined, numbers read and printed: nanoseconds for each, lower is better.'
        figure texts 'Whole texts: absent needles in 1 MiB, all of 100 kB changed, UTF-8 checked; microseconds, lower is better.'
        printf '<div class="wide">\n'
        cases_table string "$string_peers"
        printf '</div>\n'
    fi
    for suite in map_u64 map_str; do
        map_part $suite
    done
    cell_part
    paged_part
    if grep -q '^array' "$latest"; then
        cat <<HTML
<h2>Array operations</h2>
<p>Arrays of <code>uint64_t</code>, gcc -O2. A peer that shares nothing takes a snapshot by copying everything.
<b>set_snapshot</b> is the other side of sharing a whole buffer: one edit under a snapshot copies the whole array, here 800 kB.</p>
HTML
        figure operations 'Nanoseconds per operation: lower is better; one grid line is a factor of ten, so bars of the same height are within a few percent.'
        figure copies 'The cases that move a lot of memory, in microseconds per operation: lower is better.'
        figure append 'Appending with a snapshot kept after every append: a flat line copies nothing, a line that rises with n copies the whole array for each append.'
        printf '<div class="wide">\n'
        cases_table array "$array_peers"
        printf '</div>\n<p>append_snapshot: from n = 10,000 the peers that copy time a sample of the appends, spread evenly over the growth.</p>\n'
    fi
    printf '<h2>Promises</h2>\n<pre>\n'
    sh "$here/targets.sh" "$here/targets.tsv" "$results" | html
    printf '</pre>\n</body></html>\n'
}

page >"$report.new"
mv "$report.new" "$report"
echo "report: $report"

# Completion of jeton for fish. Print this with: jeton completions fish
function __jeton_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -e words[1]
    set -l word (commandline --current-token --cut-at-cursor | string replace --regex '^["\']' '' | string unescape)
    set -l lines (command jeton complete fish -- $words "$word" 2>/dev/null </dev/null)
    set -l directive "$lines[1]"
    set -e lines[1]
    switch $directive
        case files folders
            # The part before the path, such as --out=
            set -l before (string match --regex -- '^--[^=]*=' "$word")
            set -l path (string replace --regex -- '^--[^=]*=' '' "$word")
            if test $directive = files
                set lines (__fish_complete_path "$path")
            else
                set lines (__fish_complete_directories "$path")
            end
            for line in $lines
                printf '%s%s\n' "$before" $line
            end
        case '*'
            for line in $lines
                printf '%s\n' $line
            end
    end
end
complete --command jeton --erase
complete --command jeton --no-files --keep-order --arguments '(__jeton_complete)'

#compdef jeton
# Completion of jeton for zsh. Print this with: jeton completions zsh
_jeton() {
    local -a lines items before
    local directive line text
    (( CURRENT > 2 )) && before=("${(@Q)words[2,CURRENT-1]}")
    lines=("${(@f)$(command jeton complete zsh -- "${before[@]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    directive=$lines[1]
    shift lines
    case $directive in
        files | folders)
            compset -P '--[^=]#='
            if [[ $directive == files ]]; then _files; else _files -/; fi
            return
            ;;
    esac
    for line in "${lines[@]}"; do
        text=${line%%$'\t'*}
        # A colon would end the text.
        text=${text//:/\\:}
        [[ $line == *$'\t'* ]] && text+=:${line#*$'\t'}
        items+=("$text")
    done
    if [[ $directive == partial ]]; then
        _describe jeton items -S ''
    else
        _describe jeton items
    fi
}
if [[ $funcstack[1] == _jeton ]]; then
    _jeton "$@"
else
    compdef _jeton jeton
fi
